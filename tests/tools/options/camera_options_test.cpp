// SPDX-License-Identifier: Apache-2.0
#include "tools/options/camera_options.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

std::string mistake(const std::string& camera) {
  try {
    parse_camera(camera);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  ADD_FAILURE() << "accepted: " << camera;
  return {};
}

TEST(CameraOptions, AcceptEveryKey) {
  const CameraOptions camera = parse_camera(
      "back-2=v4l2:/dev/video0,size=1280x720,fps=12.5,quality=70,rotate=270,mirror=on");
  EXPECT_EQ(camera.name, "back-2");
  EXPECT_EQ(camera.source, "v4l2:/dev/video0");
  EXPECT_EQ(camera.width, 1280);
  EXPECT_EQ(camera.height, 720);
  EXPECT_DOUBLE_EQ(camera.fps, 12.5);
  EXPECT_EQ(camera.quality, 70);
  EXPECT_EQ(camera.orientation, (Orientation{270, true}));
}

TEST(CameraOptions, ALadderMayContainCommas) {
  for (const char* source : {"pattern", "http://h/s"}) {
    const std::string begin = "a=" + std::string(source);
    EXPECT_EQ(ladder_text(parse_camera(begin + ",ladder=640x360@q60,320x180,fps=5").ladder),
              "640x360@q60,320x180");
    EXPECT_EQ(parse_camera(begin + ",ladder=640x360@q60,320x180,fps=5").fps, 5);
    EXPECT_EQ(ladder_text(parse_camera(begin + ",fps=5,ladder=auto").ladder), "auto");
    EXPECT_TRUE(parse_camera(begin + ",ladder=off,fps=5").ladder.is_off());
    EXPECT_NE(mistake(begin + ",ladder=640x360,fps").find("'640x360,fps'"), std::string::npos);
  }
}

TEST(CameraOptions, KeysAfterAUrlBelongToTheCamera) {
  const CameraOptions camera =
      parse_camera("yard=http://10.0.0.7/video?size=1,2,x=3,quality=9,rotate=90");
  EXPECT_EQ(camera.source, "http://10.0.0.7/video?size=1,2,x=3");
  EXPECT_EQ(camera.quality, 9);
  EXPECT_EQ(camera.orientation.rotate, 90);
  for (const char* url : {"https://h/s", "10.0.0.7:5000/stream", "HTTP://h/s"}) {
    const CameraOptions each =
        parse_camera(std::string("r=") + url + ",mirror=on,size=640x480,fps=2");
    EXPECT_EQ(each.source.find(','), std::string::npos) << each.source;
    EXPECT_TRUE(each.orientation.mirror);
    EXPECT_EQ(each.width, 640);
    EXPECT_DOUBLE_EQ(each.fps, 2);
  }
}

TEST(CameraOptions, SegmentsAreOfAUrl) {
  EXPECT_TRUE(parse_camera("a=http://h/stream,segments=on").upstream.segments);
  EXPECT_FALSE(parse_camera("a=http://h/stream,segments=off").upstream.segments);
  EXPECT_FALSE(parse_camera("a=http://h/stream").upstream.segments);
  EXPECT_NE(mistake("a=pattern,segments=on").find("URL"), std::string::npos);
  EXPECT_NE(mistake("a=http://h/s,segments=yes").find("yes"), std::string::npos);
}

TEST(CameraOptions, SegmentsMayFollowASource) {
  CameraOptions camera;
  set_camera_source(camera, "http://h/a,b?c,segments=on");
  EXPECT_EQ(camera.source, "http://h/a,b?c");
  EXPECT_TRUE(camera.upstream.segments);
  set_camera_source(camera, "10.0.0.7:5000/stream");
  EXPECT_EQ(camera.source, "http://10.0.0.7:5000/stream");
  EXPECT_FALSE(camera.upstream.segments);
  EXPECT_THROW(set_camera_source(camera, "http://h/,segments=7"), std::invalid_argument);
  set_camera_source(camera, "files:/a,segments=on");
  EXPECT_EQ(camera.source, "files:/a,segments=on") << "a folder of that name";
}

TEST(CameraOptions, UrlMayContainCommas) {
  for (const char* url : {"http://h/a,b", "http://h/v?size=1,2", "http://h/a,rotate", "http://h/a,",
                          "http://h/a,x=rotate=1", "http://h/a%2Crotate=90"}) {
    EXPECT_EQ(parse_camera(std::string("r=") + url).source, url);
  }
  EXPECT_NE(mistake("r=http://h/s,rotate=45").find("45"), std::string::npos);
  EXPECT_NE(mistake("r=http://h/s,rotate=90,b").find("written %2C"), std::string::npos);
  EXPECT_NE(mistake("r=http://h/s,rotate=90,colour=1").find("colour"), std::string::npos);
}

TEST(CameraOptions, HeadersAreHttpFields) {
  CameraOptions camera;
  add_header(camera, "X-API-Key", "a b:c");
  EXPECT_EQ(camera.upstream.headers, std::vector<std::string>{"X-API-Key: a b:c"});
  for (const char* name : {"", "a b", "a:", "\xc3\xa4"}) {
    EXPECT_THROW(add_header(camera, name, "x"), std::invalid_argument) << name;
  }
  EXPECT_THROW(add_header(camera, "X", ""), std::invalid_argument);
}

TEST(CameraOptions, PinIsAHash) {
  const std::string pin = "sha256//" + std::string(42, 'A') + "+=";
  EXPECT_NO_THROW(check_pin(pin));
  EXPECT_NO_THROW(check_pin(pin + ";" + pin));
  for (const std::string& text :
       {std::string(), std::string("sha256//"), pin.substr(1), pin.substr(0, pin.size() - 1),
        pin + "=", pin + ";x", std::string("sha256//") + std::string(43, '?') + "="}) {
    EXPECT_THROW(check_pin(text), std::invalid_argument) << text;
  }
}

TEST(CameraOptions, ADirectoryHasAStarForAName) {
  const CameraOptions camera = parse_camera("*=nats://me:pw@bus/a.>,max-cameras=3,fps=5");
  EXPECT_TRUE(camera.is_directory());
  EXPECT_EQ(camera.source, "nats://me:pw@bus/a.>");
  EXPECT_EQ(camera.max_cameras, 3u);
  EXPECT_EQ(camera.fps, 5);
  EXPECT_EQ(parse_camera("*=tls://bus/a.*.b").max_cameras, 16u);
  EXPECT_EQ(parse_camera("*=nats://bus/>,max-cameras=256").max_cameras, kDirectoryCamerasMax);
  EXPECT_NE(mistake("*=pattern").find("NATS"), std::string::npos);
  EXPECT_NE(mistake("*=http://h/stream").find("NATS"), std::string::npos);
  EXPECT_NE(mistake("*=nats://bus/a").find("wildcard"), std::string::npos);
  EXPECT_NE(mistake("*=nats://bus/>,publish=nats://bus/b").find("published"), std::string::npos);
  EXPECT_NE(mistake("*=nats://me:s3cret@bus/a").find("wildcard"), std::string::npos);
  EXPECT_EQ(mistake("*=nats://me:s3cret@bus/a").find("s3cret"), std::string::npos);
  for (const char* text : {"*=nats://bus/>,max-cameras=0", "*=nats://bus/>,max-cameras=257"}) {
    EXPECT_NE(mistake(text).find("from 1 to 256"), std::string::npos) << text;
  }
  EXPECT_NE(mistake("a=pattern,max-cameras=3").find("directory"), std::string::npos);
}

TEST(CameraOptions, ADirectoryIsLastAndThereIsOne) {
  const auto cameras = put_cameras_together(
      {}, false, {parse_camera("*=nats://h/>"), parse_camera("b=emulator")}, {});
  EXPECT_EQ(cameras.front().name, "b");
  EXPECT_TRUE(cameras.back().is_directory());
  EXPECT_THROW(put_cameras_together({}, false, {cameras.back(), cameras.back()}, {}), StartError);
}

TEST(CameraOptions, MayBePublished) {
  const CameraOptions camera = parse_camera("a=pattern,publish=nats://me:pw@bus/a.b,fps=5");
  EXPECT_EQ(camera.publish, "nats://me:pw@bus/a.b");
  EXPECT_EQ(camera.fps, 5);
  for (const char* text : {"a=pattern,publish=http://bus/a", "a=pattern,publish=nats://bus",
                           "a=pattern,publish=nats://me:secret@bus/a.*"}) {
    EXPECT_NE(mistake(text).find("nats://"), std::string::npos) << mistake(text);
    EXPECT_EQ(mistake(text).find("secret"), std::string::npos) << mistake(text);
  }
}

TEST(CameraOptions, ErrorsAreNamed) {
  for (const char* text : {"a=pattern,rotate=45", "a=pattern,mirror=yes", "a=pattern,size=0x1",
                           "a=pattern,fps=0", "a=pattern,quality=0", "a=pattern,colour=red"}) {
    const std::string value = std::string(text).substr(std::string(text).find_last_of("=") + 1);
    EXPECT_NE(mistake(text).find(value), std::string::npos) << text;
  }
  EXPECT_NE(mistake("a=pattern,rotate").find("rotate"), std::string::npos);
  EXPECT_NE(mistake("Front=pattern").find("Front"), std::string::npos);
  EXPECT_NE(mistake("front").find("front"), std::string::npos);
  EXPECT_NE(mistake("front=,fps=2").find("front"), std::string::npos);
  EXPECT_NE(mistake("a23456789012345678901234567890123=pattern").find("32"), std::string::npos);
}

TEST(CameraOptions, ErrorsOmitSecrets) {
  for (const char* text : {"Front=http://me:secret@cam/secret", "http://cam/secret",
                           "10.0.0.7/secret", "front=http:/cam/secret"}) {
    EXPECT_EQ(mistake(text).find("secret"), std::string::npos) << mistake(text);
  }
}

TEST(CameraOptions, CameraOfSourceComesFirst) {
  const auto cameras =
      put_cameras_together({.source = "pattern"}, false, {parse_camera("b=emulator")}, {});
  ASSERT_EQ(cameras.size(), 2u);
  EXPECT_EQ(cameras[0].name, "camera");
  EXPECT_EQ(cameras[1].name, "b");
  EXPECT_EQ(put_cameras_together({}, false, {}, {}).at(0).source, "emulator");
  EXPECT_EQ(put_cameras_together({}, false, {parse_camera("b=emulator")}, {}).size(), 1u);
}

TEST(CameraOptions, ControlsBelongToTheFirstOrNamedCamera) {
  const auto cameras = put_cameras_together(
      {.source = "pattern"}, false, {parse_camera("b=emulator")},
      {"brightness=1", "b/focus_automatic_continuous=false", "contrast=a/b", "brightness=2"});
  ASSERT_EQ(cameras[0].controls.size(), 3u);
  EXPECT_EQ(cameras[0].controls[0].name, "brightness");
  EXPECT_EQ(cameras[0].controls[1].value, "a/b");
  EXPECT_EQ(cameras[0].controls[2].value, "2") << "in order: the last one takes effect";
  ASSERT_EQ(cameras[1].controls.size(), 1u);
  EXPECT_EQ(cameras[1].controls[0].name, "focus_automatic_continuous");
}

TEST(CameraOptions, OptionsWithoutACameraAreRefused) {
  const std::vector<CameraOptions> others{parse_camera("b=emulator")};
  EXPECT_THROW(put_cameras_together({.width = 320}, true, others, {}), StartError);
  EXPECT_THROW(put_cameras_together({}, false, {others[0], others[0]}, {}), StartError);
  EXPECT_THROW(put_cameras_together({}, false, others, {"front/brightness=1"}), StartError);
  EXPECT_THROW(put_cameras_together({}, false, others, {"brightness"}), StartError);
}

}  // namespace
}  // namespace fanlight
