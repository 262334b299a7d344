// SPDX-License-Identifier: Apache-2.0
// LinkQuery: the parameters of a signed link (http/auth/signed_link.h) in a request's query.
#pragma once

#include <string_view>

#include "http/auth/signed_link.h"

namespace fanlight {

struct LinkQuery {
  LinkTexts texts;           // empty ones are absent; without `sig` it is no link
  bool has_several = false;  // one of them is given twice
};

LinkQuery read_link_query(std::string_view query) noexcept;

}  // namespace fanlight
