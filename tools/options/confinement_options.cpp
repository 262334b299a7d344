// SPDX-License-Identifier: Apache-2.0
#include "tools/options/confinement_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "core/nearest_word.h"

namespace fanlight {
namespace {

void set_user(OptionsDraft& draft, const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  UserChoice choice{text.substr(0, colon), text.substr(std::min(colon + 1, text.size()))};
  if (choice.user.empty() || (colon < text.size() && choice.group.empty())) {
    throw std::invalid_argument(fmt::format("'{}': NAME or NAME:GROUP is expected", text));
  }
  draft.options.user = std::move(choice);
}

void set_sandbox(OptionsDraft& draft, const std::string& text) {
  constexpr std::array<std::string_view, 3> kNames = {"auto", "on", "off"};
  constexpr std::array kModes = {SandboxMode::automatic, SandboxMode::on, SandboxMode::off};
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) {
    throw std::invalid_argument(
        fmt::format("'{}': one of auto, on, off is expected{}", text, did_you_mean(text, kNames)));
  }
  draft.options.sandbox = kModes[static_cast<size_t>(found - kNames.begin())];
}

}  // namespace

std::vector<Option> confinement_options() {
  return {
      {"user", "NAME[:GROUP]", "", "become this user once the ports are open; only root can", kText,
       set_user},
      {"sandbox", "auto|on|off", "auto",
       "give up all files and system calls that are not needed; on: do not start "
       "where the kernel cannot; auto: as far as it can",
       kText, set_sandbox},
  };
}

}  // namespace fanlight
