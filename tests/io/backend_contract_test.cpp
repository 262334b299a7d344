// SPDX-License-Identifier: Apache-2.0
// Runs the contract against io_uring, in each of its modes, and against epoll.
#include "tests/io/backend_contract.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>
#include <tuple>

#include "io/epoll_backend.h"
#include "io/uring_backend.h"
#include "tests/io/child_process.h"
#include "tests/io/kernel_world.h"

namespace fanlight {
namespace {

// The number of connections that the backends are created for: small, so that the scenarios with
// thousands of requests exceed the queues.
constexpr unsigned kConnections = 16;

struct Subject {
  const char* name;
  bool uring;
  UringMode mode;
  bool shares_memory;
  std::unique_ptr<Backend> make() const {
    if (uring) return std::make_unique<UringBackend>(kConnections, mode);
    return std::make_unique<EpollBackend>(kConnections);
  }
};

constexpr Subject kSubjects[] = {{"uring_deferred", true, UringMode::deferred, false},
                                 {"uring_cooperative", true, UringMode::cooperative, false},
                                 {"uring_plain", true, UringMode::plain, false},
                                 {"uring_sharing", true, UringMode::deferred, true},
                                 {"epoll", false, {}, false},
                                 {"epoll_sharing", false, {}, true}};

// The errno with which this machine forbids io_uring, or 0. Any other missing feature is no reason
// to skip.
int uring_forbidden() {
  const int error = probe_uring().error;
  return error == EPERM || error == ENOSYS ? error : 0;
}

class BackendContractTest : public ::testing::TestWithParam<std::tuple<Subject, ContractScenario>> {
};

TEST_P(BackendContractTest, Holds) {
  const auto& [subject, scenario] = GetParam();
  if (subject.uring && uring_forbidden() != 0) GTEST_SKIP() << "io_uring is forbidden here";
  const auto backend = subject.make();
  KernelWorld world(*backend, subject.shares_memory);
  scenario.run(world);
}

INSTANTIATE_TEST_SUITE_P(Kernel, BackendContractTest,
                         ::testing::Combine(::testing::ValuesIn(kSubjects),
                                            ::testing::ValuesIn(contract_scenarios().begin(),
                                                                contract_scenarios().end())),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  std::get<1>(test.param).name;
                         });

// Root is never refused memory, so this runs as an ordinary user who may lock 64 KB, as on older
// distributions. One ring serves all scenarios, since the kernel frees the memory of a ring some
// time after it was closed.
TEST(BackendContractUserTest, UringHoldsForAnOrdinaryUser) {
  if (uring_forbidden() != 0) GTEST_SKIP() << "io_uring is forbidden here";
  in_child([] {
    const rlimit locked{64 << 10, 64 << 10};
    ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &locked), 0);
    ASSERT_TRUE(become_ordinary_user());
    UringBackend backend(10'000);
    for (const ContractScenario& scenario : contract_scenarios()) {
      SCOPED_TRACE(scenario.name);
      KernelWorld world(backend);
      scenario.run(world);
    }
  });
}

}  // namespace
}  // namespace fanlight
