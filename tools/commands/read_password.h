// SPDX-License-Identifier: Apache-2.0
// Reads a new password: twice from a terminal, without showing it, or one line of anything else.
#pragma once

#include <string>

namespace fanlight {

// From the descriptor, which is standard input's in the program; prompts go to standard error.
// Throws StartError: usage for a password that is empty, longer than 256 bytes, has control
// characters, or differs from its repetition; system_error. A signal that ends the program does so
// after the terminal shows again what is typed.
std::string read_new_password(int input);

}  // namespace fanlight
