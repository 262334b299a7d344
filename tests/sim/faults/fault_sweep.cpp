// SPDX-License-Identifier: Apache-2.0
// fault_sweep: every fault at every call site of the scenarios, one at a time; then storms, runs in
// which each call may fail. README.md has the commands.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "tests/sim/faults/fault_scenario.h"
#include "tests/sim/faults/sweep_tally.h"

namespace fanlight {
namespace {

// A case is quick; one that computes for so many seconds hangs. Processor time, because a sweep may
// be stopped, or run at idle priority.
constexpr time_t kCaseSeconds = 60;
// How often a call fails in a storm.
constexpr double kStormRates[] = {0.01, 0.05, 0.3};
// Lines about the progress of a sweep, which may take hours.
constexpr uint64_t kProgressLines = 100;

struct Settings {
  std::string program;
  std::string scenario{};  // empty: all
  uint64_t seed = 1;
  uint64_t seeds = 1;
  uint64_t sample = 1;  // every n-th case
  uint64_t storms = 100;
  uint64_t jobs = 1;
  std::string single{};  // one case
};

// One run of a scenario: a storm, or a fault at a call site.
struct Case {
  std::string scenario;
  uint64_t seed = 1;
  bool storm = false;
  size_t at = 0;
  Fault fault{};
  SimCall call = SimCall::turn;
};

// What --case takes.
std::string text_of(const Case& one) {
  if (one.storm) return fmt::format("{} {} storm", one.scenario, one.seed);
  return fmt::format("{} {} {} {} {}", one.scenario, one.seed, one.at, name_of(one.call),
                     to_text(one.fault));
}

uint64_t to_number(std::string_view text) {
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc() && result.ptr == text.data() + text.size()) return value;
  fmt::print(stderr, "fault_sweep: '{}' is not a number\n", text);
  std::exit(64);
}

Case to_case(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const bool storm = words.size() == 3 && words[2] == "storm";
  const auto fault = words.size() == 5 ? to_fault(words[4]) : std::nullopt;
  const bool known =
      !words.empty() && std::ranges::find(kFaultScenarios, words[0]) != std::end(kFaultScenarios);
  if (!known || (!storm && !fault)) {
    fmt::print(stderr,
               "fault_sweep: a case is 'SCENARIO SEED SITE CALL FAULT' or "
               "'SCENARIO SEED storm', as a violation names it\n");
    std::exit(64);
  }
  Case one{.scenario = std::string(words[0]), .seed = to_number(words[1]), .storm = storm};
  if (storm) return one;
  one.at = to_number(words[2]);
  one.fault = *fault;
  for (size_t i = 0; i < kSimCalls; ++i) {
    if (name_of(SimCall(i)) == words[3]) one.call = SimCall(i);
  }
  return one;
}

std::string run_case(const Case& one, SweepTally* tally) {
  const double rate = kStormRates[one.seed % std::size(kStormRates)];
  FaultPlan plan = one.storm ? FaultPlan(one.seed, rate) : FaultPlan(one.at, one.fault);
  const auto& failures = testing::UnitTest::GetInstance()->ad_hoc_test_result();
  const int before = failures.total_part_count();
  std::string text = run_scenario(one.scenario, one.seed, plan, one.fault, one.call);
  if (failures.total_part_count() > before) text += "an expectation of the simulation failed\n";
  if (!one.storm && plan.injected_in_all() == 0) text += "the fault was not injected\n";
  if (tally != nullptr) tally->add(plan, one.storm, one.fault);
  return text;
}

std::vector<CallSite> sites_of(const std::string& scenario, uint64_t seed) {
  FaultPlan record;
  const std::string text = run_scenario(scenario, seed, record);
  if (!text.empty()) {
    fmt::print(stderr, "{} {} without a fault: {}", scenario, seed, text);
    std::exit(1);
  }
  return record.sites();
}

std::vector<Case> cases_of(const Settings& settings, SweepTally& tally) {
  std::vector<Case> cases;
  uint64_t count = 0;
  for (const std::string_view scenario : kFaultScenarios) {
    if (!settings.scenario.empty() && scenario != settings.scenario) continue;
    for (uint64_t seed = settings.seed; seed < settings.seed + settings.seeds; ++seed) {
      Case one{.scenario = std::string(scenario), .seed = seed};
      const std::vector<CallSite> sites = sites_of(one.scenario, seed);
      for (one.at = 0; one.at < sites.size(); ++one.at) {
        one.call = sites[one.at].call;
        tally.add_site(one.call);
        for (const Fault& fault : faults_at(sites[one.at])) {
          one.fault = fault;
          if (count++ % settings.sample == 0) cases.push_back(one);
        }
      }
    }
    for (uint64_t i = 0; i < settings.storms; ++i) {
      cases.push_back(
          {.scenario = std::string(scenario), .seed = settings.seed + i, .storm = true});
    }
  }
  return cases;
}

void report_progress(SweepTally& tally, uint64_t of_all) {
  const uint64_t ended = tally.cases.fetch_add(1) + 1;
  if (ended % (of_all / kProgressLines + 1) != 0) return;
  fmt::print(stderr, "{} of {} cases, {} violations\n", ended, of_all, tally.violations.load());
}

// Runs its share of the cases, from `worker.next` on, in a child process.
[[noreturn]] void work(const std::vector<Case>& cases, uint64_t step, SweepWorker& worker,
                       SweepTally& tally) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever ends the sweep ends all of it
  for (; worker.next < cases.size(); worker.next += step) {
    const itimerval limit{{0, 0}, {kCaseSeconds, 0}};
    CHECK(::setitimer(ITIMER_PROF, &limit, nullptr) == 0);
    const std::string text = run_case(cases[worker.next], &tally);
    report_progress(tally, cases.size());
    if (text.empty()) continue;
    ++tally.violations;
    fmt::print(stderr, "--case='{}': {}", text_of(cases[worker.next]), text);
  }
  std::fflush(stderr);
  ::_exit(0);
}

pid_t start(const std::vector<Case>& cases, uint64_t step, SweepWorker& worker, SweepTally& tally) {
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) work(cases, step, worker, tally);
  return child;
}

// A child that crashes is replaced, behind the case that it was running.
void run_all(const Settings& settings, const std::vector<Case>& cases, SweepTally& tally) {
  std::vector<pid_t> children;
  for (uint64_t i = 0; i < settings.jobs; ++i) {
    tally.workers[i].next = i;
    children.push_back(start(cases, settings.jobs, tally.workers[i], tally));
  }
  for (size_t running = children.size(); running > 0;) {
    int status = 0;
    const pid_t child = ::wait(&status);
    CHECK(child > 0);
    const auto found = std::ranges::find(children, child);
    SweepWorker& worker = tally.workers[size_t(found - children.begin())];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      --running;
      continue;
    }
    ++tally.violations;
    fmt::print(stderr, "--case='{}': {}\n", text_of(cases[worker.next]),
               WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? "it hangs" : "it crashes");
    worker.next += settings.jobs;
    *found = start(cases, settings.jobs, worker, tally);
  }
}

int sweep(const Settings& settings) {
  SweepTally& tally = SweepTally::make_shared();
  const std::vector<Case> cases = cases_of(settings, tally);
  fmt::print("seed {}, {} seeds, {} cases\n", settings.seed, settings.seeds, cases.size());
  std::fflush(stdout);
  run_all(settings, cases, tally);
  fmt::print("{}{} faults, {} violations\n", tally.report(), tally.faults(),
             tally.violations.load());
  return tally.violations == 0 ? 0 : 1;
}

bool take(std::string_view argument, std::string_view name, std::string& value) {
  if (!argument.starts_with(name)) return false;
  value = argument.substr(name.size());
  return true;
}

Settings read_arguments(int argc, char** argv) {
  Settings settings{.program = argv[0]};
  for (int i = 1; i < argc; ++i) {
    std::string value;
    const std::string_view argument = argv[i];
    if (take(argument, "--scenario=", settings.scenario)) continue;
    if (take(argument, "--case=", settings.single)) continue;
    uint64_t* number = nullptr;
    if (take(argument, "--seed=", value)) number = &settings.seed;
    if (take(argument, "--seeds=", value)) number = &settings.seeds;
    if (take(argument, "--sample=", value)) number = &settings.sample;
    if (take(argument, "--storms=", value)) number = &settings.storms;
    if (take(argument, "--jobs=", value)) number = &settings.jobs;
    if (number == nullptr) {
      fmt::print(stderr, "fault_sweep: unknown argument {}; tests/sim/README.md has them\n",
                 argument);
      std::exit(64);
    }
    *number = to_number(value);
  }
  settings.sample = std::max<uint64_t>(settings.sample, 1);
  settings.jobs = std::clamp<uint64_t>(settings.jobs, 1, kSweepWorkersMax);
  return settings;
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  int none = 1;
  testing::InitGoogleTest(&none, argv);
  const fanlight::Settings settings = fanlight::read_arguments(argc, argv);
  if (settings.single.empty()) {
    fanlight::set_log_level(
        fanlight::LogLevel::error);  // overloads would be logged a million times
    return fanlight::sweep(settings);
  }
  const std::string text = fanlight::run_case(fanlight::to_case(settings.single), nullptr);
  fmt::print("{}", text.empty() ? "no violation\n" : text);
  return text.empty() ? 0 : 1;
}
