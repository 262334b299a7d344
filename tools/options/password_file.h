// SPDX-License-Identifier: Apache-2.0
// Password file: a camera's password in a file of its own, which fewer people may read than the
// configuration.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/options/camera_options.h"

namespace fanlight {

constexpr size_t kPasswordBytesMax = 1024;

// Where a file is: a relative name is a credential, in the folder that systemd names in
// CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=). Throws std::invalid_argument when there
// is no such folder.
std::string password_path(const std::string& name);

// The first and only line of the file. Throws std::invalid_argument with the cause: no text, more
// than one line, control characters; and std::system_error.
std::string read_password(const std::string& path);

// Sets the password of each camera that has a file of one. Throws StartError (config) with the
// camera, the file and the cause; never with what is in the file.
void read_passwords(std::vector<CameraOptions>& cameras);

// Whether every user of this machine may read the file; false when that is not known.
bool is_readable_by_all(const std::string& path);

}  // namespace fanlight
