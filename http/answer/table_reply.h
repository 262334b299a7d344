// SPDX-License-Identifier: Apache-2.0
// What /stock-table answers.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"
#include "http/protocol/body.h"

namespace fanlight {

// 404 without a database; else a body that is to be prepared, since only the first row tells
// whether there is a table.
Answer reply_table(const Call& call) noexcept;

// The same when `body` is prepared or was given up.
Answer reply_prepared_table(const Call& call, Body& body) noexcept;

}  // namespace fanlight
