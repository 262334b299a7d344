// SPDX-License-Identifier: Apache-2.0
// Control: who may turn a camera's controls, and how the wish is answered.
//
// Whoever may look may also ask for a change, when the operator allows it at all. What must not
// happen is that a page from elsewhere, open in the browser of somebody who may look, does it
// behind their back: browsers send Origin with every PATCH, and a type that no form can send.
#pragma once

#include <string_view>

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// True for application/json, with whatever parameters (RFC 9110 section 8.3.1).
bool is_json(std::string_view content_type) noexcept;

// PATCH /cameras/NAME/controls: refused, or on to the camera's thread (Kind::await_camera).
Answer reply_control(const Call& call) noexcept;

}  // namespace fanlight
