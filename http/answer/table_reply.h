// SPDX-License-Identifier: Apache-2.0
// The answer to GET /stock-table.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/protocol/body.h"

namespace fanlight {

// 404 without a database; else a body that must be prepared, since only reading the first row shows
// whether there is a table.
Answer reply_table(const Call& call) noexcept;

// The answer once `body` is prepared or given up.
Reply reply_prepared_table(const Call& call, Body& body) noexcept;

}  // namespace fanlight
