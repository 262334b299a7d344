// SPDX-License-Identifier: Apache-2.0
#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace fanlight {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "fanlight: bug: CHECK(%s) failed at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace fanlight
