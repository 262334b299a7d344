// SPDX-License-Identifier: Apache-2.0
#include "tools/options/version.h"

#include <fmt/core.h>

namespace fanlight {

std::string version_number() {
  return FANLIGHT_VERSION;
}

std::string version_text() {
  return fmt::format("fanlight {} (liburing {}, libjpeg-turbo {}, fmt {}.{}.{})", FANLIGHT_VERSION,
                     FANLIGHT_URING_VERSION, FANLIGHT_TURBOJPEG_VERSION, FMT_VERSION / 10000,
                     FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

}  // namespace fanlight
