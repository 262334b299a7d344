// SPDX-License-Identifier: Apache-2.0
// Replace file: a file with secrets, written so that it is never half there.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// Writes a new file beside it and renames it (rename(2)): who reads it sees the old text or the new
// one, also after a power failure. A file that was not there has the mode 0600; one that was keeps
// its owner, its group, and its mode without what it allows to everybody. A symbolic link stays,
// and what it leads to is replaced. Throws std::system_error that names the call.
void replace_file(const std::string& path, std::string_view text);

}  // namespace fanlight
