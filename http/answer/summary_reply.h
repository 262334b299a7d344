// SPDX-License-Identifier: Apache-2.0
// The answer to GET /api/v1/summary.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The object at once, with its length, where the cameras are few enough; else as a report.
Answer reply_summary(const Call& call) noexcept;

}  // namespace fanlight
