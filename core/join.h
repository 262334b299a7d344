// SPDX-License-Identifier: Apache-2.0
// join(): concatenates texts with a separator between them.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// `texts`: any range of strings or of views. (fmt::join() would do, but its headers take four
// seconds to compile wherever they are included; those of fmt/core.h take a tenth.)
template <class Texts>
std::string join(const Texts& texts, std::string_view separator) {
  std::string joined;
  bool first = true;
  for (const std::string_view text : texts) {
    if (!first) joined += separator;
    joined += text;
    first = false;
  }
  return joined;
}

}  // namespace fanlight
