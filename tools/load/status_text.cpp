// SPDX-License-Identifier: Apache-2.0
#include "tools/load/status_text.h"

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace fanlight {

std::string status_text(unsigned status) {
  constexpr std::pair<unsigned, std::string_view> kNames[] = {
      {204, "No Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {410, "Gone"},
      {421, "Misdirected Request"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  if (status == 0) return "no HTTP";
  for (const auto& [number, name] : kNames) {
    if (number == status) return fmt::format("{} {}", number, name);
  }
  return fmt::format("{}", status);
}

}  // namespace fanlight
