// SPDX-License-Identifier: Apache-2.0
// Control: who may change a camera's controls, and the answer to such a request.
//
// Anyone who may watch may also request a change, if the operator allows changes at all. What must
// not happen is that a page from another site, open in such a person's browser, does it without
// their knowledge: browsers send Origin with every PATCH, and a type that no form can send.
#pragma once

#include <string_view>

#include "core/camera_panel.h"
#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The HTTP status that reports the outcome.
int status_of(ControlOutcome outcome) noexcept;

// True for application/json, with any parameters (RFC 9110 section 8.3.1).
bool is_json(std::string_view content_type) noexcept;

// PATCH /cameras/NAME/controls: refused, or passed to the camera's thread (AwaitCamera).
Answer reply_control(const Call& call) noexcept;

}  // namespace fanlight
