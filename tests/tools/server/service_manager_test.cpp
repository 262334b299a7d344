// SPDX-License-Identifier: Apache-2.0
#include "tools/server/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

// A substitute for systemd: a datagram socket that services write to. `name` as in NOTIFY_SOCKET.
class FakeManager {
 public:
  explicit FakeManager(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  std::string receive() {
    std::string text(1000, '\0');
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? size_t(size) : 0);
    return text;
  }

 private:
  Fd socket_;
};

std::string abstract_name() {
  return "@fanlight-test-" + std::to_string(::getpid());
}

TEST(ServiceManager, HearsOfTheServiceWithoutMemory) {
  FakeManager manager(abstract_name());
  ServiceManager service;
  const int allocations = fail_each_allocation([&] {
    service.ready("a status that is longer than a short string may be");
    service.reloading(Instant(1234567us));
    service.stopping();
  });
  EXPECT_EQ(allocations, 0);
}

TEST(ServiceManager, ReceivesEachStateAtAPathOrAnAbstractName) {
  char folder[] = "/tmp/fanlight-notify-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/socket";
  for (const std::string& name : {path, abstract_name()}) {
    FakeManager manager(name);
    ServiceManager service;
    EXPECT_TRUE(service.is_there());
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    service.ready("one camera");
    EXPECT_EQ(manager.receive(), "READY=1\nSTATUS=one camera");
    service.reloading(Instant(1234567us));
    EXPECT_EQ(manager.receive(),
              "RELOADING=1\nMONOTONIC_USEC=1234567\nSTATUS=reading the configuration");
    service.keep_alive();
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
    service.stopping();
    EXPECT_EQ(manager.receive(), "STOPPING=1\nSTATUS=ending all streams");
  }
  ::unlink(path.c_str());
  ::rmdir(folder);
}

TEST(ServiceManager, MissingManagerIsNotAnError) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager alone;
  EXPECT_FALSE(alone.is_there());
  alone.ready("nobody hears this");
  for (const std::string& name : {std::string("/no/such/socket"), std::string("relative"),
                                  std::string("@"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_FALSE(ServiceManager().is_there()) << name;
  }
}

TEST(ServiceManager, IsPingedTwicePerWatchdogInterval) {
  const auto period = [](const char* microseconds, const std::string& pid) {
    FakeManager manager(abstract_name());
    ::setenv("WATCHDOG_USEC", microseconds, 1);
    ::setenv("WATCHDOG_PID", pid.c_str(), 1);
    return ServiceManager().keep_alive_period();
  };
  const std::string mine = std::to_string(::getpid());
  EXPECT_EQ(period("10000000", mine), 5s);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  EXPECT_EQ(period("10000000", "1"), std::nullopt);
  for (const char* bad : {"", "0", "-5", "10s", "99999999999999999999"}) {
    EXPECT_EQ(period(bad, mine), std::nullopt) << bad;
  }
}

TEST(ServiceManager, VanishedManagerIsNotAnError) {
  auto manager = std::make_unique<FakeManager>(abstract_name());
  ServiceManager service;
  manager.reset();
  service.keep_alive();
  service.stopping();
}

TEST(ServiceManager, NamesItsSuccessorAndIsSilentAfterwards) {
  FakeManager fake("@fanlight-successor-" + std::to_string(::getpid()));
  ServiceManager before;
  ServiceManager after(Fd(::dup(before.fd())), 3s);
  EXPECT_EQ(after.keep_alive_period(), 3s);
  before.succeeded_by(4711);
  EXPECT_EQ(fake.receive(), "MAINPID=4711");
  before.stopping();
  EXPECT_EQ(fake.receive(), "");
  EXPECT_EQ(before.fd(), -1);
  after.ready("it");
  EXPECT_EQ(fake.receive(), "READY=1\nSTATUS=it");
}

}  // namespace
}  // namespace fanlight
