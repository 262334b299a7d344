// SPDX-License-Identifier: Apache-2.0
// Option table: every option of fanlight, in one place for the command line, the environment, the
// configuration file, --help, --print-config and a reload.
#pragma once

#include <span>
#include <string_view>

#include "tools/options/option.h"

namespace fanlight {

std::span<const Option> option_table();

// nullptr when there is none.
const Option* find_option(std::string_view name);

}  // namespace fanlight
