// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/routes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanlight {
namespace {

const CameraNames kCameras({"front", "back-2"});

Route route(std::string_view path, std::string_view query = {}) {
  return find_route(path, query, kCameras);
}

TEST(Routes, FixedPaths) {
  EXPECT_EQ(route("/").resource, Resource::page);
  EXPECT_EQ(route("/cameras").resource, Resource::cameras);
  for (const char* path : {"/stream", "/stream.mjpg", "/stream.mjpeg"}) {
    EXPECT_EQ(route(path).resource, Resource::stream) << path;
    EXPECT_FALSE(route(path).seed_boundary) << path;
  }
  EXPECT_EQ(route("/video_feed").resource, Resource::stream);
  EXPECT_TRUE(route("/video_feed").seed_boundary);
  EXPECT_EQ(route("/snapshot").resource, Resource::snapshot);
  EXPECT_EQ(route("/snapshot.jpg").resource, Resource::snapshot);
  EXPECT_EQ(route("/clip.mjpeg").resource, Resource::clip);
  EXPECT_EQ(route("/state").resource, Resource::state);
  EXPECT_EQ(route("/api/v1/state").resource, Resource::api_state);
  EXPECT_EQ(route("/api/v1/summary").resource, Resource::api_summary);
  EXPECT_EQ(route("/metrics").resource, Resource::metrics);
  EXPECT_EQ(route("/healthz").resource, Resource::healthz);
  EXPECT_EQ(route("/readyz").resource, Resource::readyz);
  EXPECT_EQ(route("/viewer.js").resource, Resource::viewer_js);
}

TEST(Routes, BrowsersFindAnIcon) {
  for (const char* path : {"/favicon.svg", "/favicon.ico"}) {
    EXPECT_EQ(route(path).resource, Resource::favicon) << path;
  }
}

TEST(Routes, NothingElse) {
  for (const char* path : {"/Stream", "/stream/", "/stream.mjp", "/zzz", "/cameras/none",
                           "/cameras/none/", "/cameras/none/stream", "/cameras/front/stream/",
                           "/cameras/front/stream/x", "/cameras//stream", "/controls"}) {
    EXPECT_EQ(route(path).resource, Resource::none) << path;
  }
}

TEST(Routes, OfACameraThatIsNotThere) {
  CameraNames cameras({"", ""});
  const auto resource = [&](std::string_view path, std::string_view query = {}) {
    return find_route(path, query, cameras).resource;
  };
  const auto expect_none = [&] {
    EXPECT_EQ(resource("/"), Resource::cameras) << "the page of all cameras";
    EXPECT_EQ(resource("/ws"), Resource::web_socket) << "it may be about others";
    EXPECT_EQ(resource("/metrics"), Resource::metrics);
    EXPECT_EQ(resource("/", "action=command"), Resource::none);
    EXPECT_EQ(resource("/", "action=stream_1"), Resource::none);
    for (const char* path :
         {"/stream", "/video_feed", "/snapshot", "/clip.mjpeg", "/state", "/frames/latest.json",
          "/frames/1.jpg", "/frames/next.jpg", "/input_1.json", "/cam_1.jpg", "/cameras/",
          "/cameras/yard", "/cameras/yard/", "/cameras/yard/stream", "/cameras/yard/ws"}) {
      const Resource expected =
          std::string_view(path) == "/cameras/" ? Resource::redirect : Resource::none;
      EXPECT_EQ(resource(path), expected) << path;
    }
  };
  expect_none();
  cameras.give("yard");
  expect_none();
  cameras.show(0, true);
  EXPECT_EQ(resource("/"), Resource::page);
  EXPECT_EQ(resource("/stream"), Resource::stream);
  EXPECT_EQ(resource("/cameras/yard/ws"), Resource::web_socket);
  EXPECT_EQ(resource("/cam_1.jpg"), Resource::snapshot);
  EXPECT_EQ(resource("/cam_2.jpg"), Resource::none);
  cameras.show(0, false);
  expect_none();
}

TEST(Routes, UnreservedCharactersMayBePercentEncoded) {
  EXPECT_EQ(route("/%73napshot").resource, Resource::snapshot);
  EXPECT_EQ(route("/stream%2Emjpg").resource, Resource::stream);
  EXPECT_EQ(route("/stream%2emjpg").resource, Resource::stream);
  EXPECT_EQ(route("/stock%2Dtable").resource, Resource::stock_table);
  EXPECT_EQ(route("/video%5ffeed").resource, Resource::stream);
  EXPECT_EQ(route("/%63ameras/back%2d2").camera, 1u);
  EXPECT_TRUE(route("/%63ameras/back%2d2").names_camera);
  for (const char* path : {"/%2573napshot", "/snapshot%00", "/cameras%2Ffront", "/%2Fsnapshot",
                           "/%3Faction=stream", "/%53tream"}) {
    EXPECT_EQ(route(path).resource, Resource::none) << path;
  }
  EXPECT_EQ(route("/" + std::string(5000, 'a')).resource, Resource::none);
}

TEST(Routes, SlashesInARowAreOne) {
  EXPECT_EQ(route("//").resource, Resource::page);
  EXPECT_EQ(route("//", "action=stream").resource, Resource::stream);
  EXPECT_EQ(route("///snapshot").resource, Resource::snapshot);
  EXPECT_EQ(route("/cameras//back-2///stream").resource, Resource::stream);
  EXPECT_EQ(route("/cameras//back-2///stream").camera, 1u);
  EXPECT_EQ(route(std::string(5000, '/') + "state").resource, Resource::state);
  EXPECT_EQ(route("//stream/").resource, Resource::none);
}

TEST(Routes, APageWithASlashTooManyIsElsewhere) {
  for (const char* path : {"/cameras/", "/cameras//", "//cameras/", "/%63ameras/"}) {
    EXPECT_EQ(route(path).resource, Resource::redirect) << path;
    EXPECT_FALSE(route(path).names_camera) << path;
  }
  for (const char* path : {"/cameras/back-2/", "/cameras//back-2//", "/cameras/back%2d2/"}) {
    EXPECT_EQ(route(path).resource, Resource::redirect) << path;
    EXPECT_EQ(route(path).camera, 1u) << path;
    EXPECT_TRUE(route(path).names_camera) << path;
  }
}

TEST(Routes, MjpgStreamersActions) {
  for (const char* query : {"action=stream", "action=stream?nonce=1", "action=stream&nonce=1",
                            "x=1&action=stream", "action=stream_0"}) {
    EXPECT_EQ(route("/", query).resource, Resource::stream) << query;
    EXPECT_EQ(route("/", query).camera, 0u) << query;
  }
  EXPECT_EQ(route("/", "action=stream_1").camera, 1u);
  EXPECT_EQ(route("/", "action=snapshot_1?x").camera, 1u);
  EXPECT_EQ(route("/", "action=snapshot_1?x").resource, Resource::snapshot);
  EXPECT_EQ(route("/", "action=stream_2").resource, Resource::none);
  EXPECT_EQ(route("/", "action=stream_").resource, Resource::none);
  EXPECT_EQ(route("/", "action=stream_99999999999999999999999").resource, Resource::none);
  EXPECT_EQ(route("/", "action=dance").resource, Resource::page);
}

TEST(Routes, MjpgStreamersFiles) {
  EXPECT_EQ(route("/program.json").resource, Resource::mjpg_program);
  EXPECT_EQ(route("/input.json").resource, Resource::mjpg_input);
  EXPECT_EQ(route("/input_1.json").resource, Resource::mjpg_input);
  EXPECT_EQ(route("/input_1.json").camera, 1u);
  EXPECT_EQ(route("/output_0.json").resource, Resource::mjpg_output);
  EXPECT_EQ(route("/cam_2.jpg").resource, Resource::snapshot);
  EXPECT_EQ(route("/cam_2.jpg").camera, 1u);
  EXPECT_EQ(route("/cam.mjpg").resource, Resource::stream);
  EXPECT_EQ(route("/cam_1.mjpg").camera, 0u);
  for (const char* query : {"action=command&id=1", "action=take&filename=x", "action=command"}) {
    EXPECT_EQ(route("/", query).resource, Resource::mjpg_command) << query;
  }
  for (const char* path :
       {"/input_2.json", "/input_.json", "/input1.json", "/input_-1.json", "/input_1x.json",
        "/input_99999999999999999999.json", "/output_1.json", "/cam_0.jpg", "/cam_3.jpg",
        "/input.js", "/inputjson", "/input_1.json/x"}) {
    EXPECT_EQ(route(path).resource, Resource::none) << path;
  }
}

TEST(Routes, CamerasByName) {
  EXPECT_EQ(route("/cameras/back-2").resource, Resource::page);
  EXPECT_EQ(route("/cameras/back-2").camera, 1u);
  EXPECT_EQ(route("/cameras/back-2/stream").resource, Resource::stream);
  EXPECT_EQ(route("/cameras/back-2/stream").camera, 1u);
  EXPECT_EQ(route("/cameras/front/snapshot").resource, Resource::snapshot);
  EXPECT_EQ(route("/cameras/front/clip.mjpeg").resource, Resource::clip);
  EXPECT_EQ(route("/cameras/front/frames/next").resource, Resource::next_frame);
  EXPECT_EQ(route("/cameras/front/frames/latest.json").resource, Resource::latest_frame);
  EXPECT_EQ(route("/cameras/front/frames/120.jpg").resource, Resource::frame);
  EXPECT_EQ(route("/cameras/front/frames/120.jpg").frame, 120u);
  EXPECT_FALSE(route("/cameras/front/frames/120.jpg").as_update);
  EXPECT_EQ(route("/cameras/front/frames/120.update").resource, Resource::frame);
  EXPECT_EQ(route("/cameras/front/frames/120.update").frame, 120u);
  EXPECT_TRUE(route("/cameras/front/frames/120.update").as_update);
  EXPECT_EQ(route("/cameras/front/frames/next.update").resource, Resource::next_frame);
  EXPECT_TRUE(route("/cameras/front/frames/next.update").as_update);
  EXPECT_EQ(route("/frames/next").resource, Resource::next_frame);
  EXPECT_EQ(route("/frames/next").camera, 0u);
  EXPECT_EQ(route("/frames/7.update").frame, 7u);
  for (const char* leaf : {"next.jpg", "latest.json.update", "1.jpg.update", ".update", "update",
                           "01.update", "next.update.update"}) {
    EXPECT_EQ(route(std::string("/cameras/front/frames/") + leaf).resource, Resource::none) << leaf;
  }
  EXPECT_EQ(route("/cameras/back-2/state").resource, Resource::state);
  EXPECT_EQ(route("/cameras/back-2/controls").resource, Resource::controls);
  EXPECT_EQ(route("/cameras/back-2/controls").camera, 1u);
}

}  // namespace
}  // namespace fanlight
