// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/sign.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "core/time.h"
#include "core/to_number.h"
#include "tools/commands/auth_files.h"
#include "tools/flags/exit_code.h"
#include "tools/flags/units.h"

namespace fanlight {
namespace {

constexpr std::string_view kHelp =
    "Usage: fanlight sign KEY-FILE CAMERA TIME [FPS [URL]]\n"
    "\n"
    "Prints a link to a camera that needs no password until TIME has passed: 30m, 12h,\n"
    "30d, or @1790000000 for a point in Unix time. FPS limits the pictures a second;\n"
    "'any' does not. URL is a stream, a snapshot, a WebSocket, or what the element of\n"
    "viewer.js takes; by default /cameras/CAMERA/stream. The first key of KEY-FILE\n"
    "signs, the file that --link-key names.\n";

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view why) {
  throw StartError(ExitCode::usage, fmt::format("sign: {} '{}': {}", what, text, why));
}

int64_t end_of(std::string_view text, int64_t now) {
  constexpr std::string_view kExpected =
      "a duration as 30m, 12h or 30d, or a later point in Unix time as @1790000000 is expected";
  constexpr int64_t kDay = 24 * 3600;
  if (text.starts_with('@')) {
    const int64_t end = to_number<int64_t>(text.substr(1)).value_or(0);
    if (end <= now) refuse("time", text, kExpected);
    return end;
  }
  if (text.ends_with('d')) {
    const int64_t days = to_number<int64_t>(text.substr(0, text.size() - 1)).value_or(0);
    if (days <= 0 || days > 36'500) refuse("time", text, kExpected);
    return now + days * kDay;
  }
  try {
    return now + std::chrono::ceil<std::chrono::seconds>(parse_duration(text)).count();
  } catch (const std::invalid_argument&) {
    refuse("time", text, kExpected);
  }
}

void check_camera(std::string_view name) {
  const bool is_name = !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_name) refuse("camera", name, "a camera's name is expected, as /cameras shows it");
}

// As in a link: empty for no limit.
std::string_view check_fps(std::string_view text) {
  if (text == "any") return {};
  const bool is_plain = !text.empty() && text.size() <= 16 &&
                        text.find_first_not_of("0123456789.") == text.npos && text[0] != '.';
  const double fps = is_plain ? to_number<double>(text).value_or(0) : 0;
  if (!(fps > 0 && fps <= 1000)) {
    refuse("fps", text, "a number above 0, at most 1000, or 'any' is expected");
  }
  return text;
}

}  // namespace

std::string sign_link(std::span<const std::string> arguments, int64_t now) {
  if (arguments.size() < 3 || arguments.size() > 5) {
    throw StartError(
        ExitCode::usage,
        "sign: KEY-FILE CAMERA TIME [FPS [URL]] are expected; see fanlight sign --help");
  }
  const std::string& camera = arguments[1];
  check_camera(camera);
  const int64_t end = end_of(arguments[2], now);
  const std::string_view fps = arguments.size() > 3 ? check_fps(arguments[3]) : "";
  const std::string url =
      arguments.size() > 4 ? arguments[4] : fmt::format("/cameras/{}/stream", camera);
  if (url.find('#') != url.npos) refuse("URL", url, "a URL without '#' is expected");
  const auto keys = read_link_keys("sign:", arguments[0]);
  const char joint = url.find('?') == url.npos ? '?' : '&';
  return fmt::format("{}{}{}", url, joint, keys.sign(end, camera, fps));
}

void run_sign(std::span<const std::string> arguments, int64_t now) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    return fmt::print("{}", kHelp);
  }
  fmt::print("{}\n", sign_link(arguments, now));
}

}  // namespace fanlight
