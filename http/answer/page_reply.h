// SPDX-License-Identifier: Apache-2.0
// PageReply: the answers that browsers display or run: pages, the icon, the module for other pages.
#pragma once

#include "http/answer/answer.h"
#include "http/answer/reply.h"

namespace fanlight {

// The page of the camera named in the call's URL.
Reply reply_camera_page(const Call& call) noexcept;

// The icon of all pages, at /favicon.svg and where browsers look by default.
Reply reply_favicon(const Call& call) noexcept;

// /viewer.js, which any page may import: it contains nothing of this server but its program.
Reply reply_viewer_module(const Call& call) noexcept;

}  // namespace fanlight
