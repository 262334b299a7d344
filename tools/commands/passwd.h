// SPDX-License-Identifier: Apache-2.0
// `fanlight passwd FILE USER [RIGHTS]`: gives a user a password, in a file for --auth-file.
#pragma once

#include <span>
#include <string>

namespace fanlight {

// `arguments`: those behind `passwd`; `input`: where the password is read. Throws StartError:
// usage, config if the file has another mistake, not_permitted, system_error.
void run_passwd(std::span<const std::string> arguments, int input);

}  // namespace fanlight
