// SPDX-License-Identifier: Apache-2.0
// Grant: what a request may do, once that is decided.
#pragma once

#include <optional>

#include "core/time.h"
#include "http/auth/rights.h"

namespace fanlight {

struct Grant {
  // Nothing was asked for: everybody may watch, and where the client is decides about the rest.
  bool is_free = true;
  Rights rights{kEveryRight};
  double fps_max = 0;     // of a stream; 0: no limit
  Instant ends = kNever;  // when a stream must end
};

}  // namespace fanlight
