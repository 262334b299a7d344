// SPDX-License-Identifier: Apache-2.0
// The errors of RelaySource when there is nothing to relay.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "capture/relay/relay_chain.h"
#include "tests/capture/relay/test_relay.h"

namespace fanlight {
namespace {

TEST_F(RelaySourceTest, SnapshotTimeoutIsAnError) {
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(http_answer("200 OK", "Content-Type: image/jpeg\r\n", jpeg(1)));
    peer.wait_until_closed();
  }});
  SourceOptions options;
  options.fps = 200;
  RelaySource source = open(server.url(), options, 3s);
  EXPECT_TRUE(next(source));
  try {
    next(source);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ETIMEDOUT);
  }
}

TEST_F(RelaySourceTest, StatesWhyNothingCanBeShown) {
  const std::string empty = "Content-Length: 0\r\n\r\n";
  EXPECT_EQ(error_of("HTTP/1.1 403 Forbidden\r\n" + empty), EACCES);
  EXPECT_EQ(error_of("HTTP/1.1 404 Not Found\r\n" + empty), ENOENT);
  EXPECT_EQ(error_of("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"), ENOENT);
  EXPECT_EQ(error_of("HTTP/1.1 503 Busy\r\n" + empty), EAGAIN);
  EXPECT_EQ(error_of("HTTP/1.1 500 Oh\r\n" + empty), EPROTO);
  EXPECT_NE(words_.find("500"), words_.npos) << words_;
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), EPROTO);
  EXPECT_NE(words_.find("'text/html'"), words_.npos) << words_;
  EXPECT_EQ(error_of("HTTP/1.1 304 Not Modified\r\n\r\n"), EPROTO);
  EXPECT_EQ(error_of("HTTP/1.1 401 Unauthorized\r\n" + empty), EACCES);
  EXPECT_NE(words_.find("http://USER:PASSWORD@HOST/"), words_.npos) << words_;
  EXPECT_EQ(error_of(kStream + "--B--\r\n"), ECONNRESET);
  EXPECT_EQ(error_of(kStream + "--B\r\nContent-Length: 33554433\r\n\r\n"), EMSGSIZE);
  EXPECT_NE(words_.find("32 MB"), words_.npos) << words_;
  EXPECT_THROW(open("http://"), std::invalid_argument);
}

TEST_F(RelaySourceTest, APageThatRepeatsThePathIsNotQuoted) {
  const std::string page = "Missing is /stream";
  for (const std::string& head : {std::string("HTTP/1.1 404 Not Found"),
                                  std::string("HTTP/1.1 200 OK\r\nContent-Type: text/html")}) {
    const std::string length = "\r\nContent-Length: " + std::to_string(page.size());
    error_of(head + length + "\r\n\r\n" + page, 20s, "/stream");
    EXPECT_EQ(words_.find("Missing"), words_.npos) << words_;
    EXPECT_EQ(words_.find("/stream"), words_.npos) << words_;
    EXPECT_NE(words_.find("/..."), words_.npos) << words_;
  }
  error_of("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  EXPECT_NE(words_.find("it says 'none'"), words_.npos) << words_;
}

TEST_F(RelaySourceTest, RefusesAnOversizedSnapshotWhileItArrives) {
  ScriptedServer server({[](Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n");
    peer.write("\xff\xd8" + std::string(RelaySource::kPictureBytesMax, 'x'));
  }});
  try {
    open(server.url());
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EMSGSIZE);
  }
}

TEST_F(RelaySourceTest, GivesUpOnAnUnresponsiveUpstream) {
  EXPECT_EQ(error_of("", 50ms), ETIMEDOUT);
  EXPECT_NE(words_.find("no answer"), words_.npos) << words_;
  // Long enough for the head to arrive on a busy machine.
  EXPECT_EQ(error_of(kStream + "--B\r\n", 3s), ETIMEDOUT);
  EXPECT_NE(words_.find("it sends no picture"), words_.npos) << words_;
}

TEST_F(RelaySourceTest, OpeningObservesItsTimeout) {
  SourceOptions options;
  options.patience = 50ms;
  ScriptedServer server({says("")});
  try {
    open(server.url(), options, 60s);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ETIMEDOUT) << error.what();
  }
}

TEST_F(RelaySourceTest, StopEndsOpeningAndWaiting) {
  Signal asked;
  ScriptedServer server({says(kStream + part(jpeg(1)) + "--B\r\n"), [&](Peer& peer) {
                           peer.read_head();
                           asked.set();
                           peer.wait_until_closed();
                         }});
  {
    RelaySource source = open(server.url());
    EXPECT_TRUE(next(source));
    clock_.interrupts().wake();
    EXPECT_FALSE(source.next(kNever)) << "interrupted";
    EXPECT_FALSE(source.next(clock_.now() + 1ms)) << "the deadline";
  }
  SystemCameraClock other;
  std::thread main([&] {
    asked.wait();
    other.interrupts().wake();  // opening continues
    other.request_stop();
  });
  try {
    RelaySource never(server.url(), {}, other);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ECANCELED);
  }
  main.join();
}

TEST_F(RelaySourceTest, PassesOnTheChainOfRelaysAndRefusesALoop) {
  const auto stream_via = [](const std::string& via) {
    return "HTTP/1.1 200 OK\r\n" + via +
           "Content-Type: multipart/x-mixed-replace; boundary=B\r\n\r\n" + part(jpeg(1)) +
           "--B\r\n";
  };
  std::string own;
  ScriptedServer server({says(stream_via("Via: 1.1 a\r\nVia: 1.1 b\r\n")), [&](Peer& peer) {
                           peer.read_head();
                           peer.write(stream_via("Via: 1.1 a, 1.1 " + own + "\r\n"));
                           peer.wait_until_closed();
                         }});
  const std::string url = server.url("/stream", "user:secret");
  own = relay_pseudonym(url);
  {
    const RelaySource source = open(url);
    const SourceDescription told = source.describe();
    EXPECT_EQ(told.via, "1.1 a, 1.1 b, 1.1 " + own);
    EXPECT_EQ(told.device, fmt::format("http://127.0.0.1:{}/...", server.port()));
    EXPECT_EQ(told.format, "MJPEG stream 64x48, passed through");
  }
  try {
    open(url);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ELOOP);
    words_ = error.what();
    EXPECT_NE(words_.find("relay loop"), words_.npos) << words_;
    EXPECT_EQ(words_.find("secret"), words_.npos) << words_;
  }
}

}  // namespace
}  // namespace fanlight
