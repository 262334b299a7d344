// SPDX-License-Identifier: Apache-2.0
// The files of --auth-file and --link-key, read and parsed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/auth/signed_link.h"
#include "http/auth/user_table.h"

namespace fanlight {

// The whole of a file. Throws std::system_error (EFBIG: more than `bytes_max`).
std::string read_small_file(const std::string& path, size_t bytes_max);

// Throw StartError (config): "WHAT FILE: line N: the mistake". `what` is the flag or the command.
UserTable read_users(std::string_view what, const std::string& path,
                     std::span<const std::string> cameras);
LinkKeys read_link_keys(std::string_view what, const std::string& path);

}  // namespace fanlight
