// SPDX-License-Identifier: Apache-2.0
// Bodies of requests, and the wait for the camera's thread. Discarded bodies are tested in
// connection_test.cpp.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "http/answer/control.h"
#include "http/protocol/exchange.h"
#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

using Bodies = std::vector<std::string>;

const std::string kBody = R"({"brightness":7})";

TEST(ConnectionBody, TheCameraIsAskedAndTheControlsAreTold) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody) + get("/healthz"));
  shard.run_for(100ms);
  EXPECT_EQ(client.text(), "");
  EXPECT_EQ(shard.stats().control_requests.value(), 1u);
  shard.panel.publish_controls(std::vector<std::string>{R"({"name":"brightness","value":7})"});
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies{kBody});
  shard.run_for(100ms);
  ASSERT_EQ(client.responses().size(), 2u) << client.violation();
  EXPECT_EQ(client.responses()[0].status, 200);
  EXPECT_EQ(client.responses()[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(client.responses()[0].body, R"({"controls":[{"name":"brightness","value":7}]})");
  EXPECT_EQ(client.responses()[1].body, "ok\n");  // the body was not parsed as a request
  EXPECT_EQ(client.ended_at(), kNever);
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(ConnectionBody, ABodyComesByteByByte) {
  PanelWorld shard;
  RawClient client(shard);
  for (const char c : patch(kBody)) {
    EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies());
    client.send({&c, 1});
    shard.run_for(1ms);
  }
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies{kBody});
  shard.run_for(1ms);
  EXPECT_EQ(client.status(), 200);
}

TEST(ConnectionBody, ABodyComesInChunks) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(
      "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\nTransfer-Encoding: chunked\r\n"
      "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n");
  shard.run_for(10ms);
  EXPECT_EQ(client.text(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("2;a=b\r\n{\"\r\ne\r\nbrightness\":7}\r\n0\r\nX: a\r\n\r\n" + get("/healthz"));
  shard.run_for(10ms);
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies{kBody});
  shard.run_for(10ms);
  EXPECT_TRUE(client.text().ends_with("\r\n\r\nok\n")) << client.text();
  EXPECT_EQ(ask(shard,
                "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\n"
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                "801\r\n" +
                    std::string(0x801, 'x') + "\r\n0\r\n\r\n")
                .status,
            413);
}

TEST(ConnectionBody, ContinueIsSentBeforeABodyThatIsKept) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(
      "PATCH /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\nContent-Length: 2\r\n"
      "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n");
  shard.run_for(10ms);
  EXPECT_EQ(client.text(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  shard.run_for(10ms);
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies{"{}"});
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 200);
}

TEST(ConnectionBody, TheLongestBodyIsTakenAndOneByteMoreIsNot) {
  PanelWorld shard;
  const std::string longest(ControlRequest::kBodyBytesMax, 'x');
  RawClient client(shard);
  client.send(patch(longest));
  shard.run_for(10ms);
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies{longest});
  shard.run_for(10ms);
  EXPECT_EQ(client.status(), 200);
  EXPECT_EQ(ask(shard, patch(longest + "x")).status, 413);
  EXPECT_EQ(ask(shard, patch(std::string(65'537, 'x'))).status, 413);
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies());
}

// Head and body must fit into the buffer together.
TEST(ConnectionBody, ABodyBehindALongHeadIsTakenWhileThereIsRoom) {
  const std::string type = "Content-Type: application/json\r\nX: ";
  const size_t without = patch(kBody, type + "\r\n").size();
  for (const size_t size : {RequestReader::kInputSize, RequestReader::kInputSize + 1}) {
    PanelWorld shard;
    RawClient client(shard);
    client.send(patch(kBody, type + std::string(size - without, 'x') + "\r\n"));
    shard.run_for(10ms);
    const bool fits = size == RequestReader::kInputSize;
    EXPECT_EQ(shard.serve(ControlOutcome::done).size(), fits ? 1u : 0u);
    shard.run_for(10ms);
    EXPECT_EQ(client.status(), fits ? 200 : 413) << size;
  }
}

TEST(ConnectionBody, WhatTheCameraRefusesIsTold) {
  for (const ControlOutcome outcome :
       {ControlOutcome::malformed, ControlOutcome::refused, ControlOutcome::unavailable}) {
    const int status = status_of(outcome);
    PanelWorld shard;
    RawClient client(shard);
    client.send(patch(kBody));
    shard.run_for(10ms);
    shard.serve(outcome, "brightness: 0 to 5 is expected");
    shard.run_for(10ms);
    EXPECT_EQ(client.status(), status);
    EXPECT_TRUE(client.text().ends_with(": brightness: 0 to 5 is expected\n")) << client.text();
    EXPECT_EQ(client.responses()[0].headers.count("retry-after"), status == 503 ? 1u : 0u);
    EXPECT_EQ(client.finished(), status == 400);
  }
}

TEST(ConnectionBody, ACameraThatDoesNotAnswerIsGivenUpAfter5Seconds) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(4900ms);
  EXPECT_EQ(client.text(), "");
  shard.run_for(200ms);
  EXPECT_EQ(client.status(), 504);
  EXPECT_TRUE(client.text().ends_with(": the camera did not answer in time\n")) << client.text();
  EXPECT_EQ(client.ended_at(), kNever);
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies());
}

// The camera's thread is inside its driver while the client's time expires; its answer is too late.
TEST(ConnectionBody, AnAnswerThatComesTooLateIsForgotten) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(10ms);
  shard.panel.serve([&](const ControlOrder&, ControlAnswer& answer) {
    shard.run_for(6s);
    answer.outcome = ControlOutcome::done;
  });
  shard.run_for(1s);
  ASSERT_EQ(client.responses().size(), 1u);
  EXPECT_EQ(client.status(), 504);
  for (size_t i = 0; i <= CameraPanel::kRequestsMax; ++i) {  // the request's place is not lost
    RawClient next(shard);
    next.send(patch(kBody));
    shard.run_for(10ms);
    EXPECT_EQ(shard.serve(ControlOutcome::done).size(), 1u);
    shard.run_for(10ms);
    EXPECT_EQ(next.status(), 200);
  }
}

TEST(ConnectionBody, RequestsBeyondThePlacesAreRefused) {
  PanelWorld shard;
  std::deque<RawClient> waiting;
  for (size_t i = 0; i < CameraPanel::kRequestsMax; ++i) {
    waiting.emplace_back(shard).send(patch(kBody));
  }
  shard.run_for(10ms);
  const ParsedResponse refused = ask(shard, patch(kBody));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "503 Service Unavailable: too many pending requests for the camera\n");
  EXPECT_EQ(shard.serve(ControlOutcome::done).size(), CameraPanel::kRequestsMax);
  shard.run_for(10ms);
  for (RawClient& client : waiting) EXPECT_EQ(client.status(), 200);
}

// A waiting connection does not read, so it detects a client that has left only when it answers.
TEST(ConnectionBody, AClientThatLeavesLeavesNothingBehind) {
  PanelWorld shard;
  for (int i = 0; i < 20; ++i) {
    RawClient client(shard);
    client.send(patch(kBody));
    shard.run_for(10ms);
    client.close();
    shard.run_for(i % 2 == 0 ? 10ms : 6s);
    shard.serve(ControlOutcome::done);
    shard.run_for(3s);
  }
  EXPECT_EQ(shard.stats().connections_open.value(), 0u);
}

TEST(ConnectionBody, StopDoesNotWaitForACamera) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(10ms);
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_NE(client.ended_at(), kNever);
  EXPECT_EQ(shard.world.leftovers(), "");
  EXPECT_EQ(shard.serve(ControlOutcome::done), Bodies());
}

// The camera's thread is still busy when the shard is gone: nothing may be posted to the shard.
TEST(ConnectionBody, ACameraThatAnswersAfterTheStopAnswersNobody) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(10ms);
  shard.panel.serve([&](const ControlOrder&, ControlAnswer& answer) {
    EXPECT_LE(shard.stop(), 2s);
    answer.outcome = ControlOutcome::done;
  });
  EXPECT_EQ(shard.world.leftovers(), "");
}

TEST(ConnectionBody, StopTellsWhatTheCameraHasAnsweredAlready) {
  PanelWorld shard;
  RawClient client(shard);
  client.send(patch(kBody));
  shard.run_for(10ms);
  shard.serve(ControlOutcome::done);  // in the mailbox now
  EXPECT_LE(shard.stop(), 2s);
  EXPECT_EQ(client.status(), 200);
  EXPECT_EQ(shard.world.leftovers(), "");
}

}  // namespace
}  // namespace fanlight
