// SPDX-License-Identifier: Apache-2.0
// The simulated kernel without faults behaves like the real ones: the scenarios of the backends'
// contract, the same table that io_uring and epoll pass.
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/fd.h"
#include "tests/io/backend_contract.h"
#include "tests/sim/sim_backend.h"

namespace fanlight {
namespace {

class SimContractPeer final : public ContractPeer {
 public:
  explicit SimContractPeer(SimBackend& backend) : backend_(backend) {}
  ~SimContractPeer() override { close(); }

  void connect(int listener) override {
    const SimLink link{.send_buffer = 64 << 10, .receive_window = 32 << 10};
    connection_ = &backend_.connect(listener, link);
  }
  void send(std::string_view bytes) override { connection_->write(bytes); }
  std::string receive(size_t size_max) override {
    std::string bytes(connection_->arrived().view().substr(0, size_max));
    connection_->read(bytes.size());
    return bytes;
  }
  bool at_end() override { return connection_->end_arrived() && connection_->arrived().empty(); }
  void close() override {
    if (connection_ != nullptr) connection_->close_peer();
  }
  void reset() override { connection_->reset_by_peer(); }

 private:
  SimBackend& backend_;
  SimConnection* connection_ = nullptr;
};

class SimContractWorld final : public ContractWorld {
 public:
  explicit SimContractWorld(const SimFaults& faults) : backend_(1, faults) {
    backend_.allow_bad_descriptors();
    rlimit limit{};
    CHECK(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
    CHECK(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  ~SimContractWorld() override {
    for (const int fd : eventfds_) {
      if (is_open(fd)) ::close(fd);
    }
  }

  Backend& backend() override { return backend_; }
  int listen() override { return backend_.listen(); }
  std::unique_ptr<ContractPeer> make_peer() override {
    return std::make_unique<SimContractPeer>(backend_);
  }
  int make_eventfd() override {
    eventfds_.push_back(::eventfd(0, EFD_CLOEXEC));
    CHECK(eventfds_.back() >= 0);
    return eventfds_.back();
  }
  void wake(int eventfd) override {
    const uint64_t one = 1;
    CHECK(::write(eventfd, &one, sizeof one) == sizeof one);
  }
  std::span<char> memory(size_t size) override {
    memory_.emplace_back(size);
    return memory_.back();
  }
  void exhaust_descriptors() override {
    backend_.set_descriptor_limit(backend_.open_descriptors());
  }
  void release_descriptors() override { backend_.set_descriptor_limit(SIZE_MAX); }
  bool is_open(int fd) override {
    return fd >= SimBackend::kFirstDescriptor ? backend_.is_open(fd) : ::fcntl(fd, F_GETFD) >= 0;
  }

 private:
  SimBackend backend_;
  std::vector<int> eventfds_;
  std::deque<std::vector<char>> memory_;
};

class SimContractTest : public testing::TestWithParam<ContractScenario> {};

TEST_P(SimContractTest, Holds) {
  SimContractWorld world(SimFaults{});
  GetParam().run(world);
}

TEST_P(SimContractTest, HoldsWithoutZeroCopy) {
  SimContractWorld world(SimFaults{.zero_copy_reports = false});
  GetParam().run(world);
}

INSTANTIATE_TEST_SUITE_P(Sim, SimContractTest,
                         testing::ValuesIn(contract_scenarios().begin(),
                                           contract_scenarios().end()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace fanlight
