// SPDX-License-Identifier: Apache-2.0
// PageReply: the answers that browsers get to show to people: pages, and the icon.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The page of the camera that the call's URL names.
Answer reply_camera_page(const Call& call) noexcept;

// The icon of all pages, at /favicon.svg and where browsers look for one by themselves.
Answer reply_favicon(const Call& call) noexcept;

}  // namespace fanlight
