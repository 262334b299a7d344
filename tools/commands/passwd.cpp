// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/passwd.h"

#include <fmt/core.h>
#include <openssl/crypto.h>

#include <optional>
#include <string_view>
#include <system_error>

#include "http/auth/password_hasher.h"
#include "http/auth/user_table.h"
#include "tools/commands/auth_files.h"
#include "tools/commands/read_password.h"
#include "tools/commands/replace_file.h"
#include "tools/commands/user_line.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

constexpr std::string_view kHelp =
    "Usage: fanlight passwd FILE USER [RIGHTS]\n"
    "\n"
    "Gives a user a password in FILE, which --auth-file names. The password is typed\n"
    "twice, or is the first line of standard input if that is no terminal. Other\n"
    "lines stay as they are; without RIGHTS, those of an old line of the user do.\n"
    "\n"
    "RIGHTS are watch, snapshot, state and control, separated by commas, or none;\n"
    "control@front and watch@front+yard are about these cameras only. A line without\n"
    "rights means watch,snapshot.\n";

void check(std::string_view what, std::string_view text, std::string_view why_not) {
  if (why_not.empty()) return;
  throw StartError(ExitCode::usage, fmt::format("passwd: {} '{}': {}", what, text, why_not));
}

// Empty if there is no file yet.
std::string read_old(const std::string& path) {
  try {
    return read_small_file(path, UserTable::kFileBytesMax);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return {};
    throw;
  }
}

void write(const std::string& path, const std::string& user, std::optional<std::string_view> rights,
           int input) {
  const std::string old = read_old(path);
  std::string password = read_new_password(input);
  const std::string hash = PasswordHasher().hash(password);
  OPENSSL_cleanse(password.data(), password.size());
  const std::string text = with_user(old, user, hash, rights);
  if (text.size() > UserTable::kFileBytesMax) {
    throw std::system_error(EFBIG, std::generic_category());
  }
  replace_file(path, text);
}

}  // namespace

void run_passwd(std::span<const std::string> arguments, int input) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    return fmt::print("{}", kHelp);
  }
  if (arguments.size() < 2 || arguments.size() > 3) {
    throw StartError(ExitCode::usage,
                     "passwd: FILE USER [RIGHTS] are expected; see fanlight passwd "
                     "--help");
  }
  const std::string& path = arguments[0];
  const std::string& user = arguments[1];
  std::optional<std::string_view> rights;
  if (arguments.size() == 3) rights = arguments[2];
  check("user", user, why_not_a_user(user));
  if (rights) check("rights", *rights, why_not_rights(*rights));
  try {
    write(path, user, rights, input);
  } catch (const std::system_error& error) {
    const bool forbidden = error.code() == std::errc::permission_denied ||
                           error.code() == std::errc::operation_not_permitted;
    throw StartError(
        forbidden ? ExitCode::not_permitted : ExitCode::system_error,
        fmt::format("passwd: {}: {}{}", path, error.what(), forbidden ? "; try sudo" : ""));
  }
}

}  // namespace fanlight
