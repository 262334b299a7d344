// SPDX-License-Identifier: Apache-2.0
#include "io/message_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace fanlight {
namespace {

constexpr Duration kLong = 10s;

class MessageSocketTest : public testing::Test {
 protected:
  MessageSocketTest() {
    char name[] = "/tmp/fanlight_message_XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  ~MessageSocketTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/socket"; }
  bool has_path() const { return ::access(path().c_str(), F_OK) == 0; }

  // The two ends of a connection.
  struct Ends {
    MessageSocket client;
    MessageSocket server;
  };
  Ends connect() {
    MessageListener listener(path());
    Ends ends;
    EXPECT_TRUE(ends.client.connect_to(path()));
    std::optional<MessageSocket> server = listener.accept();
    EXPECT_TRUE(server);
    ends.server = std::move(*server);
    return ends;
  }

 private:
  std::string folder_;
};

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

TEST_F(MessageSocketTest, MessagesKeepTheirEnds) {
  Ends ends = connect();
  EXPECT_TRUE(ends.client.send("one", {}, kLong));
  EXPECT_TRUE(ends.client.send(std::string(60'000, 'x'), {}, kLong));
  EXPECT_TRUE(ends.server.send("back", {}, kLong));
  EXPECT_EQ(ends.server.receive(1000, kLong)->bytes, "one");
  EXPECT_EQ(ends.server.receive(60'000, kLong)->bytes, std::string(60'000, 'x'));
  EXPECT_EQ(ends.client.receive(1000, kLong)->bytes, "back");
}

TEST_F(MessageSocketTest, PassesTheMostDescriptors) {
  Ends ends = connect();
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const Fd reading(pipe[0]), writing(pipe[1]);
  const std::vector<int> many(MessageSocket::kDescriptorsMax, writing.get());
  EXPECT_TRUE(ends.client.send("m", many, kLong));
  const auto received = ends.server.receive(10, kLong);
  ASSERT_TRUE(received);
  ASSERT_EQ(received->descriptors.size(), many.size());
  EXPECT_EQ(::write(received->descriptors.back().get(), "a", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'a');
  EXPECT_EQ(::fcntl(received->descriptors.front().get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(MessageSocketTest, ReportsTheEnd) {
  Ends ends = connect();
  ends.client.send("last", {}, kLong);
  ends.client.close();
  EXPECT_EQ(ends.server.receive(10, kLong)->bytes, "last");
  EXPECT_FALSE(ends.server.receive(10, kLong));
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_FALSE(ends.server.send("x", {}, kLong));
  EXPECT_EQ(errno, EPIPE);
}

// Its descriptors are closed.
TEST_F(MessageSocketTest, RefusesAMessageThatIsTooLong) {
  Ends ends = connect();
  const size_t before = open_descriptors();
  const int own = STDIN_FILENO;
  EXPECT_TRUE(ends.client.send("four", {&own, 1}, kLong));
  EXPECT_FALSE(ends.server.receive(3, kLong));
  EXPECT_EQ(errno, EMSGSIZE);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(MessageSocketTest, WaitsNoLongerThanItMay) {
  Ends ends = connect();
  EXPECT_FALSE(ends.server.receive(10, 1ms));
  EXPECT_EQ(errno, ETIMEDOUT);
  while (ends.client.send(std::string(10'000, 'x'), {}, 1ms)) {
  }
  EXPECT_EQ(errno, ETIMEDOUT);
}

TEST_F(MessageSocketTest, KnowsWhoseProcessThePeerIs) {
  const Ends ends = connect();
  EXPECT_TRUE(ends.server.is_peer(::geteuid()));
  EXPECT_TRUE(ends.client.is_peer(::geteuid()));
  EXPECT_FALSE(ends.server.is_peer(::geteuid() + 1));
}

TEST_F(MessageSocketTest, NobodyListens) {
  MessageSocket socket;
  EXPECT_FALSE(socket.connect_to(path()));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(socket);
}

TEST_F(MessageSocketTest, AcceptsWithoutWaiting) {
  MessageListener listener(path());
  EXPECT_FALSE(listener.accept());
}

TEST_F(MessageSocketTest, OnlyItsUserMayConnect) {
  const MessageListener listener(path());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(MessageSocketTest, TakesAPathOnlyWhereNobodyListens) {
  {
    const MessageListener first(path());
    try {
      const MessageListener second(path());
      FAIL();
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::address_in_use);
    }
    EXPECT_TRUE(has_path());
  }
  EXPECT_FALSE(has_path());
  {
    MessageListener left_behind(path());
    left_behind.disown();
  }
  EXPECT_TRUE(has_path());
  const MessageListener again(path());
  EXPECT_TRUE(MessageSocket().connect_to(path()));
}

TEST_F(MessageSocketTest, NoOtherFileIsReplaced) {
  const Fd file(::open(path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_THROW(MessageListener{path()}, std::system_error);
  EXPECT_TRUE(has_path());
}

TEST_F(MessageSocketTest, ThePathGoesOverToTheNextProcess) {
  MessageListener before(path());
  {
    MessageListener after(Fd(::dup(before.fd())), path());
    EXPECT_EQ(after.path(), path());
  }
  EXPECT_TRUE(has_path()) << "it was not possessed";
  MessageListener after(Fd(::dup(before.fd())), path());
  after.possess();
  before.disown();
  { const MessageListener ended = std::move(before); }
  EXPECT_TRUE(has_path());
  EXPECT_TRUE(MessageSocket().connect_to(path()));
  { const MessageListener ended = std::move(after); }
  EXPECT_FALSE(has_path());
}

}  // namespace
}  // namespace fanlight
