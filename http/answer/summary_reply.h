// SPDX-License-Identifier: Apache-2.0
// The answer to GET /api/v1/summary.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The object in one piece, with its length, if there are few enough cameras; else a report.
Reply reply_summary(const Call& call) noexcept;

}  // namespace fanlight
