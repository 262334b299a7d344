// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of HttpFetch.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "capture/relay/http_fetch.h"
#include "tests/capture/relay/scripted_server.h"

namespace fanlight {

using Peer = ScriptedServer::Peer;

// The result of a fetch: the body, or the exception that ended it.
struct Fetched {
  HttpAnswer answer;
  std::string body;
  int error = 0;
  std::string words;
};

class HttpFetchTest : public testing::Test {
 protected:
  Fetched get(const std::string& url, Duration timeout = 20s, const UpstreamOptions& options = {}) {
    Fetched fetched;
    HttpFetch fetch(
        url, clock_, timeout, [&](std::string_view bytes) { fetched.body += bytes; }, options);
    fetch.start();
    finish(fetch, fetched);
    return fetched;
  }
  void finish(HttpFetch& fetch, Fetched& fetched) {
    try {
      while (!fetch.is_done()) {
        const Wake wake = fetch.step(clock_.now() + 20s);
        if (wake == Wake::deadline || wake == Wake::stop) FAIL() << "timed out";
      }
    } catch (const std::system_error& error) {
      fetched.error = error.code().value();
      fetched.words = error.what();
    }
    fetched.answer = fetch.answer();
  }
  // Sends one answer to one request, and keeps the request.
  ScriptedServer::Script says(std::string answer) {
    return [this, answer](Peer& peer) {
      requests_.push_back(peer.read_head());
      peer.write(answer);
    };
  }

  SystemCameraClock clock_;
  std::vector<std::string> requests_;  // written by the server's thread, read after it has ended
};

}  // namespace fanlight
