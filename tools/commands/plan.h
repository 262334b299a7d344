// SPDX-License-Identifier: Apache-2.0
// `fanlight plan --wire RATE --viewers N --size WxH ...`: what viewers get, how many relays they
// need, and the traffic of a month.
#pragma once

#include <span>
#include <string>

#include "tools/commands/plan_options.h"

namespace fanlight {

// What it prints.
std::string plan_text(const PlanOptions& options);

// Prints it, or its help. `arguments`: those behind `plan`. Throws StartError (usage).
void run_plan(std::span<const std::string> arguments);

}  // namespace fanlight
