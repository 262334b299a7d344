// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <netdb.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "tests/capture/relay/test_fetch.h"

namespace {

// The resolver of this program, including libcurl's thread: `missing.test` does not exist, and
// `slow.test` blocks until the test releases it.
struct SlowResolver {
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0;
  int answered = 0;
  bool may_answer = false;

  int resolve() {
    std::unique_lock lock(mutex);
    ++asked;
    changed.notify_all();
    changed.wait(lock, [&] { return may_answer; });
    ++answered;
    changed.notify_all();
    return EAI_NONAME;
  }
  void wait_until(const int& count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count > 0; });
  }
};
SlowResolver slow_resolver;

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  if (name != nullptr && std::strcmp(name, "missing.test") == 0) return EAI_NONAME;
  if (name != nullptr && std::strcmp(name, "slow.test") == 0) return slow_resolver.resolve();
  static const auto original =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return original(name, service, hints, found);
}

namespace fanlight {
namespace {

TEST_F(HttpFetchTest, ReceivesHeadAndBody) {
  ScriptedServer server({says(http_answer("200 OK",
                                          "Content-Type: image/jpeg \r\nVIA: 1.1 a\r\n"
                                          "via: 1.1 b\r\nETag: \"7\"\r\nX-Timestamp: 12.5\r\n",
                                          "hello"))});
  const Fetched fetched = get(server.url("/a?b=c"));
  EXPECT_EQ(fetched.error, 0) << fetched.words;
  EXPECT_EQ(fetched.body, "hello");
  EXPECT_EQ(fetched.answer.status, 200);
  EXPECT_EQ(fetched.answer.content_type, "image/jpeg");
  EXPECT_EQ(fetched.answer.via, "1.1 a, 1.1 b");
  EXPECT_EQ(fetched.answer.etag, "\"7\"");
  EXPECT_EQ(fetched.answer.timestamp, "12.5");
  EXPECT_TRUE(requests_[0].starts_with("GET /a?b=c HTTP/1.1\r\n")) << requests_[0];
  EXPECT_NE(requests_[0].find("\r\nAccept: */*\r\n"), std::string::npos) << requests_[0];
}

TEST_F(HttpFetchTest, UnderstandsEveryFraming) {
  ScriptedServer server({
      says("HTTP/1.0 200 OK\r\n\r\nto the end"),
      says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nin chu\r\n3;x\r\nnks\r\n"
           "0\r\n\r\n"),
      [](Peer& peer) {
        peer.read_head();
        peer.write_byte_by_byte(http_answer("200 OK", "", "byte by byte"));
      },
      says("HTTP/1.1 100 Continue\r\n\r\n" + http_answer("404 Not Found", "", "an error")),
      says("HTTP/1.1 204 No Content\r\n\r\n"),
  });
  EXPECT_EQ(get(server.url()).body, "to the end");
  EXPECT_EQ(get(server.url()).body, "in chunks");
  EXPECT_EQ(get(server.url()).body, "byte by byte");
  const Fetched error = get(server.url());
  EXPECT_EQ(error.body, "an error");
  EXPECT_EQ(error.answer.status, 404);
  EXPECT_EQ(get(server.url()).answer.status, 204);
}

TEST_F(HttpFetchTest, SendsCredentialsInTheRequiredScheme) {
  const std::string basic = http_answer("401 Unauthorized",
                                        "WWW-Authenticate: Basic realm=\"x\"\r\n"
                                        "Connection: close\r\n",
                                        "no");
  const std::string digest = http_answer("401 Unauthorized",
                                         "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", "
                                         "qop=\"auth\"\r\nConnection: close\r\n",
                                         "no");
  ScriptedServer server({says(basic), says(http_answer("200 OK", "", "yes")), says(digest),
                         says(http_answer("200 OK", "", "yes")), says(basic), says(basic)});
  EXPECT_EQ(get(server.url("/", "admin:p%40ss")).body, "yes")
      << "and nothing of the body of the 401";
  EXPECT_EQ(requests_[0].find("Authorization"), std::string::npos);
  EXPECT_NE(requests_[1].find("Authorization: Basic YWRtaW46cEBzcw=="), std::string::npos);
  EXPECT_EQ(get(server.url("/", "admin:p%40ss")).body, "yes");
  EXPECT_NE(requests_[3].find("Authorization: Digest username=\"admin\""), std::string::npos);
  const Fetched wrong = get(server.url("/", "admin:wrong"));
  EXPECT_EQ(wrong.answer.status, 401);
}

TEST_F(HttpFetchTest, LimitsRedirects) {
  ScriptedServer other({says(http_answer("200 OK", "", "there"))});
  const std::string again =
      http_answer("302 Found", "Location: /again\r\nConnection: close\r\n", "moved");
  std::vector<ScriptedServer::Script> scripts{
      says("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n"
           "Connection: close\r\n\r\n"),
      says(http_answer(
          "301 Moved Permanently",
          fmt::format("Location: {}\r\nVia: 1.1 first\r\nConnection: close\r\n", other.url("/new")),
          "moved")),
  };
  for (int i = 0; i <= HttpFetch::kRedirectsMax; ++i) scripts.push_back(says(again));
  scripts.push_back(says(http_answer("302 Found", "Location: ftp://127.0.0.1/\r\n", "")));
  ScriptedServer server(scripts);
  const Fetched moved = get(server.url("/", "admin:secret"));
  EXPECT_EQ(moved.body, "there") << moved.words;
  EXPECT_EQ(moved.answer.via, "") << "Via of the last answer only";
  ASSERT_EQ(requests_.size(), 3u);
  EXPECT_NE(requests_[1].find("Authorization"), std::string::npos);
  EXPECT_EQ(requests_[2].find("Authorization"), std::string::npos)
      << "the password is for another server";
  EXPECT_EQ(get(server.url()).error, EPROTO) << "endless redirects";
  EXPECT_EQ(requests_.size(), 3u + 1 + HttpFetch::kRedirectsMax);
  const Fetched other_protocol = get(server.url());
  EXPECT_EQ(other_protocol.error, EPROTO);
  EXPECT_NE(other_protocol.words.find("neither http:// nor https://"), std::string::npos);
}

TEST_F(HttpFetchTest, FollowsTheDocumentedNumberOfRedirects) {
  std::vector<ScriptedServer::Script> scripts(
      HttpFetch::kRedirectsMax,
      says(http_answer("302 Found", "Location: /next\r\nConnection: close\r\n", "moved")));
  scripts.push_back(says(http_answer("200 OK", "", "there")));
  ScriptedServer server(scripts);
  EXPECT_EQ(get(server.url()).body, "there");
  EXPECT_EQ(HttpFetch::kRedirectsMax, 10);
}

TEST_F(HttpFetchTest, DescribesFailuresWithoutThePassword) {
  ScriptedServer server(
      {says(""), says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), [](Peer& peer) {
         peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
         peer.wait_until_closed();
       }});
  const auto expect = [&](const std::string& url, int error, const std::string& words) {
    const Fetched fetched = get(url);
    EXPECT_EQ(fetched.error, error) << fetched.words;
    EXPECT_NE(fetched.words.find(words), std::string::npos) << fetched.words;
    EXPECT_EQ(fetched.words.find("secret"), std::string::npos) << fetched.words;
  };
  expect(server.url("/", "a:secret"), ECONNRESET, "without a response");
  expect(server.url("/", "a:secret"), ECONNRESET, "the connection broke");
  expect(fmt::format("https://a:secret@127.0.0.1:{}/", server.port()), EPROTO, "TLS");
  expect(fmt::format("http://a:secret@127.0.0.1:{}/", closed_port()), ECONNREFUSED,
         "http://127.0.0.1");
  expect("http://a:secret@missing.test/", EHOSTUNREACH, "unknown host name");
}

TEST_F(HttpFetchTest, ConnectionResetIsAnError) {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n\r\nsome");
    peer.reset();
  }});
  EXPECT_EQ(get(server.url()).error, ECONNRESET);
}

TEST_F(HttpFetchTest, RefusesInvalidUrls) {
  for (const char* url : {"", "http", "http:", "http://", "ftp://a:secret@b/",
                          "http://a:secret@b:99999/", "http://a b/", "http://[::1/", "http:x"}) {
    try {
      HttpFetch fetch(url, clock_, 1s, [](std::string_view) {});
      ADD_FAILURE() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
  }
}

TEST_F(HttpFetchTest, SinkExceptionsPropagateFromStep) {
  ScriptedServer server(
      {says(http_answer("200 OK", "", "x")), says(http_answer("200 OK", "", ""))});
  HttpFetch fetch(server.url(), clock_, 20s,
                  [](std::string_view) { throw std::out_of_range("too much"); });
  fetch.start();
  EXPECT_THROW(while (!fetch.is_done()) fetch.step(kNever), std::out_of_range);
  EXPECT_FALSE(fetch.is_done());
}

TEST_F(HttpFetchTest, ReusesTheConnectionForConditionalRequests) {
  ScriptedServer server({[this](Peer& peer) {
    requests_.push_back(peer.read_head());
    peer.write(http_answer("200 OK", "ETag: \"1\"\r\n", "one"));
    requests_.push_back(peer.read_head());
    peer.write("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
    requests_.push_back(peer.read_head());
    peer.write(http_answer("200 OK", "", "two"));
  }});
  Fetched fetched;
  HttpFetch fetch(server.url(), clock_, 20s,
                  [&](std::string_view bytes) { fetched.body += bytes; });
  fetch.start();
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "one");
  fetch.start(fetch.answer().etag);
  EXPECT_FALSE(fetch.is_done());
  EXPECT_EQ(fetch.answer().status, 0);
  finish(fetch, fetched);
  EXPECT_EQ(fetched.answer.status, 304);
  fetch.start();
  finish(fetch, fetched);
  EXPECT_EQ(fetched.body, "onetwo");
  EXPECT_EQ(requests_[0].find("If-None-Match"), std::string::npos);
  EXPECT_NE(requests_[1].find("\r\nIf-None-Match: \"1\"\r\n"), std::string::npos);
  EXPECT_EQ(requests_[2].find("If-None-Match"), std::string::npos);
}

TEST_F(HttpFetchTest, StopEndsEveryWait) {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.wait_until_closed();
  }});
  HttpFetch fetch(server.url(), clock_, 20s, [](std::string_view) {});
  fetch.start();
  std::thread main([&] { clock_.request_stop(); });
  while (fetch.step(kNever) != Wake::stop) {
  }
  main.join();
  EXPECT_EQ(fetch.step(kNever), Wake::stop);
}

TEST_F(HttpFetchTest, ReportsInterruptionsAndDeadlines) {
  ScriptedServer server({[](Peer& peer) { peer.wait_until_closed(); }});
  HttpFetch fetch(server.url(), clock_, 20s, [](std::string_view) {});
  fetch.start();
  clock_.interrupts().wake();
  while (fetch.step(kNever) != Wake::interrupted) {
  }
  while (fetch.step(clock_.now() + 1ms) != Wake::deadline) {
  }
}

TEST_F(HttpFetchTest, DoesNotWaitForASlowResolver) {
  {
    HttpFetch fetch("http://slow.test/", clock_, 20s, [](std::string_view) {});
    fetch.start();
    // libcurl checks its resolver from time to time.
    std::thread main([&] {
      slow_resolver.wait_until(slow_resolver.asked);
      clock_.request_stop();
    });
    while (fetch.step(kNever) != Wake::stop) {
    }
    main.join();
  }
  // The fetch is gone; the resolver, which has not answered, continues alone.
  {
    const std::lock_guard lock(slow_resolver.mutex);
    EXPECT_EQ(slow_resolver.answered, 0);
    slow_resolver.may_answer = true;
    slow_resolver.changed.notify_all();
  }
  slow_resolver.wait_until(slow_resolver.answered);
}

TEST_F(HttpFetchTest, SlowResolverTimesOut) {
  {
    const std::lock_guard lock(slow_resolver.mutex);
    slow_resolver.may_answer = false;
    slow_resolver.answered = 0;
  }
  const Fetched fetched = get("http://slow.test/", 10ms);
  EXPECT_EQ(fetched.error, ETIMEDOUT) << fetched.words;
  {
    const std::lock_guard lock(slow_resolver.mutex);
    EXPECT_EQ(slow_resolver.answered, 0);
    slow_resolver.may_answer = true;
    slow_resolver.changed.notify_all();
  }
  slow_resolver.wait_until(slow_resolver.answered);
}

}  // namespace
}  // namespace fanlight
