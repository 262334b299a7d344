// SPDX-License-Identifier: Apache-2.0
#include "http/answer/access.h"

namespace fanlight {

bool is_of_this_machine(const Call& call) noexcept {
  return call.request.minor_version >= 1 && call.client().is_local;
}

bool may_see_all(const Call& call) noexcept {
  if (!call.grant.is_free) return call.grant.rights.may_on_all(Right::state);
  return call.by_admin_listener || is_of_this_machine(call);
}

}  // namespace fanlight
