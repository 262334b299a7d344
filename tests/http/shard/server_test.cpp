// SPDX-License-Identifier: Apache-2.0
// The server as it runs: threads, kernel sockets, both backends. Everything that can be tested
// without a kernel is in the simulation.
#include "http/shard/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "core/fd.h"
#include "io/listener.h"

namespace fanlight {
namespace {

constexpr std::string_view kRequest = "GET /stream HTTP/1.1\r\nHost: t\r\n\r\n";

// A client with blocking reads, which fail after ten seconds instead of hanging the test.
class Client {
 public:
  Client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  explicit Client(int port) : Client() { EXPECT_TRUE(connect(port)); }

  bool connect(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool try_send(std::string_view text) {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
  }

  void send(std::string_view text) { EXPECT_TRUE(try_send(text)); }

  // Reads until `end` has arrived; empty if the connection ended or hung before.
  std::string read_until(std::string_view end) {
    while (buffer_.find(end) == std::string::npos) {
      if (!read_some()) return {};
    }
    const size_t size = buffer_.find(end) + end.size();
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
  }

  // Reads to the end of the connection; `orderly` is set to whether it ended with a FIN.
  std::string read_all(bool& orderly) {
    while (read_some()) {
    }
    orderly = last_result_ == 0;
    return std::exchange(buffer_, {});
  }

 private:
  bool read_some() {
    char chunk[65536];
    do {
      // Closing the ring that choose_backend() tried may interrupt this thread (io_uring(7)).
      last_result_ = ::recv(socket_.get(), chunk, sizeof chunk, 0);
    } while (last_result_ < 0 && errno == EINTR);
    if (last_result_ > 0) buffer_.append(chunk, size_t(last_result_));
    return last_result_ > 0;
  }

  Fd socket_;
  std::string buffer_;
  ssize_t last_result_ = 0;
};

class ServerTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    if (GetParam() != BackendKind::uring) return;
    try {
      choose_backend(BackendKind::uring);
    } catch (const std::system_error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  void start(unsigned shards, ServerConfig config = {}) {
    prepare(shards, config);
    server_->begin();
  }

  // Starts a server that does not accept clients yet.
  void prepare(unsigned shards, ServerConfig config = {}) {
    open(shards, config);
    run(shards);
  }

  void open(unsigned shards, ServerConfig config = {}) {
    config.backend = "test";
    config.allow_control = true;
    state_ = std::make_unique<ServerState>(
        config, std::vector<Camera>{{"cam", "test", &ring_, &panel_}}, shards, WallTime());
    listeners_.emplace_back(parse_listen_address("127.0.0.1:0"), shards, SocketTuning());
  }

  void run(unsigned shards) {
    server_ =
        std::make_unique<Server>(*state_, listeners_, ServerThreads{shards, GetParam(), false});
  }

  uint64_t accepted() const {
    uint64_t sum = 0;
    for (const auto& link : state_->links) sum += link->stats.connections_accepted.value();
    return sum;
  }

  int port() const { return listeners_.front().port(); }

  void publish(uint64_t sequence, size_t size = 1000) {
    const auto acquired = ring_.acquire();
    ASSERT_TRUE(acquired);
    std::memset(acquired.place.jpeg.data(), int('a' + sequence % 26), size);
    FrameInfo info;
    info.sequence = sequence;
    info.captured_at = read_monotonic_clock();
    ring_.publish(acquired.place, size, info);
  }

  FrameRing ring_{{}};
  Waker camera_;
  CameraPanel panel_{camera_};
  std::unique_ptr<ServerState> state_;
  std::vector<Listener> listeners_;
  std::unique_ptr<Server> server_;
};

TEST_P(ServerTest, EveryViewerOfEveryShardGetsTheFrameAndTheOrderlyEnd) {
  start(2);
  publish(1);
  std::vector<std::unique_ptr<Client>> viewers;
  for (int i = 0; i < 20; ++i) {
    viewers.push_back(std::make_unique<Client>(port()));
    viewers.back()->send(kRequest);
  }
  for (auto& viewer : viewers) {
    ASSERT_NE(viewer->read_until("X-Sequence: 1\r\n\r\n"), "");
    ASSERT_EQ(viewer->read_until("\r\n--boundarydonotcross\r\n").substr(0, 1000),
              std::string(1000, 'b'));
  }
  publish(2);
  for (auto& viewer : viewers) ASSERT_NE(viewer->read_until("X-Sequence: 2\r\n\r\n"), "");
  std::thread stopper([this] { server_->stop(); });
  for (auto& viewer : viewers) {
    bool orderly = false;
    const std::string rest = viewer->read_all(orderly);
    EXPECT_TRUE(orderly);
    EXPECT_TRUE(rest.ends_with("\r\n--boundarydonotcross--\r\n"));
    viewer.reset();
  }
  stopper.join();
  EXPECT_EQ(ring_.watchers(), 0u);
}

// The rows of the other shard's viewers travel through both mailboxes.
TEST_P(ServerTest, TheStateListsTheViewersOfAllShards) {
  start(2);
  publish(1);
  std::vector<std::unique_ptr<Client>> viewers;
  for (int i = 0; i < 100; ++i) {
    viewers.push_back(std::make_unique<Client>(port()));
    viewers.back()->send(kRequest);
    ASSERT_NE(viewers.back()->read_until("--boundarydonotcross\r\n"), "");
    ASSERT_NE(viewers.back()->read_until("\r\n--boundarydonotcross\r\n"), "");
  }
  Client asker(port());
  asker.send("GET /api/v1/state HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string answer = asker.read_until("\r\n0\r\n\r\n");
  size_t rows = 0;
  size_t of_first_shard = 0;
  for (size_t at = answer.find("{\"id\":"); at != std::string::npos;
       at = answer.find("{\"id\":", at + 1)) {
    ++rows;
  }
  for (size_t at = answer.find("\"shard\":0"); at != std::string::npos;
       at = answer.find("\"shard\":0", at + 1)) {
    ++of_first_shard;
  }
  EXPECT_EQ(rows, 100u) << answer;
  // All of a hundred connections on one of two shards would mean that the listeners do not spread.
  EXPECT_GT(of_first_shard, 0u);
  EXPECT_LT(of_first_shard, 100u);
}

// A report that waits for another shard while both stop must not hang the server.
TEST_P(ServerTest, StopsWhileReportsAreAsked) {
  start(2);
  publish(1);
  std::thread asker([port = port()] {
    Client client;
    bool answered = true;
    while (answered && client.connect(port) &&
           client.try_send("GET /api/v1/state HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")) {
      client.read_all(answered);
      client = Client();
    }
  });
  Client witness(port());
  for (int i = 0; i < 50; ++i) {
    witness.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    ASSERT_NE(witness.read_until("ok\n"), "");
  }
  server_->stop();
  listeners_.clear();  // ends the loop of the asker
  asker.join();
}

std::string patch(const std::string& body) {
  return "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The camera's thread answers shards while clients connect and leave, and while the shards stop.
TEST_P(ServerTest, ControlsAreTurnedByTheCamerasThreadUntilTheServerStops) {
  start(2);
  std::atomic<int> served{0};
  std::thread camera([&] {
    for (bool last = false; !last;) {
      panel_.serve([&](const ControlOrder& order, ControlAnswer& answer) {
        panel_.publish_controls(std::vector<std::string>{std::to_string(++served)});
        last = order.body == "last";
        if (last) server_->stop();
        answer.outcome = ControlOutcome::done;
      });
    }
  });
  for (int i = 0; i < 50; ++i) {
    Client client(port());
    client.send(patch("{}"));
    EXPECT_NE(client.read_until("\r\n0\r\n\r\n").find("HTTP/1.1 200"), std::string::npos);
    Client leaves(port());
    leaves.send(patch("{}"));
  }
  EXPECT_GE(served, 50);
  Client waits(port());
  waits.send(patch("last"));
  camera.join();
  bool orderly = false;
  EXPECT_EQ(waits.read_all(orderly), "");
}

TEST_P(ServerTest, WhoComesBeforeTheBeginningIsServedAfterIt) {
  prepare(2);
  publish(1);
  std::vector<std::unique_ptr<Client>> viewers;
  for (int i = 0; i < 20; ++i) {
    viewers.push_back(std::make_unique<Client>(port()));
    viewers.back()->send(kRequest);
  }
  EXPECT_EQ(accepted(), 0u);
  server_->begin();
  for (auto& viewer : viewers) EXPECT_NE(viewer->read_until("X-Sequence: 1\r\n\r\n"), "");
}

// A failure between prepare() and begin() must not cost a client an accepted connection.
TEST_P(ServerTest, AServerThatNeverBeginsAcceptsNobody) {
  prepare(2);
  Client early(port());
  early.send(kRequest);
  server_->stop();
  EXPECT_EQ(accepted(), 0u);
}

// New connections take the places of idle ones, on whichever shard those are.
TEST_P(ServerTest, AnIdleConnectionOfAnotherShardGivesWay) {
  ServerConfig config;
  config.admission.viewers_max = 1;
  start(2, config);
  const auto idle = [this](unsigned shard) {
    return state_->links[shard]->stats.connections_idle.value();
  };
  const auto wait_for_idle = [&](uint64_t count) {
    while (idle(0) + idle(1) != count) std::this_thread::yield();
  };
  std::vector<std::unique_ptr<Client>> clients;
  const size_t places = state_->admission.connections_max();
  while (clients.size() < places) {
    clients.push_back(std::make_unique<Client>(port()));
    wait_for_idle(clients.size());
  }
  // All of the first shard's are busy with half a head, those of the second one are idle.
  for (auto& client : clients) {
    const uint64_t others = idle(1), all = idle(0) + others;
    client->send("GET /healthz HTTP/1.1\r\n");
    wait_for_idle(all - 1);
    if (idle(1) == others) continue;
    client->send("Host: t\r\n\r\n");
    EXPECT_NE(client->read_until("ok\n"), "");
    wait_for_idle(all);
  }
  EXPECT_EQ(idle(0), 0u);
  const std::string summary = "GET /api/v1/summary HTTP/1.1\r\nHost: t\r\n\r\n";
  const auto is_served = [&] {
    clients.push_back(std::make_unique<Client>(port()));
    clients.back()->send(summary);
    return clients.back()->read_until("\r\n").starts_with("HTTP/1.1 200");
  };
  // Each is refused until another one has been idle for a second, but never by the first shard.
  for (int served = 0; served < 10; ++served) {
    while (!is_served()) clients.pop_back();
  }
  EXPECT_GE(state_->links[1]->stats.evicted_idle.value(), 10u);
  EXPECT_EQ(state_->links[0]->stats.evicted_idle.value(), 0u);
  EXPECT_EQ(state_->links[0]->stats.refused_full.value(), 0u);
}

// Only the second one that is made.
std::unique_ptr<Backend> fail_for_another(BackendKind kind, unsigned connections) {
  static std::atomic<unsigned> made = 0;
  if (made.fetch_add(1) % 2 == 0) return make_backend(kind, connections);
  throw std::system_error(ENOMEM, std::generic_category());
}

TEST_P(ServerTest, AFailingShardIsThrownToMainAndNothingRuns) {
  open(2);
  const ServerThreads threads{.shards = 2, .backend = GetParam(), .make_backend = fail_for_another};
  EXPECT_THROW(Server(*state_, listeners_, threads), std::system_error);
}

INSTANTIATE_TEST_SUITE_P(Backends, ServerTest,
                         testing::Values(BackendKind::uring, BackendKind::epoll),
                         [](const auto& param) {
                           return param.param == BackendKind::uring ? "uring" : "epoll";
                         });

}  // namespace
}  // namespace fanlight
