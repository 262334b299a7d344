// SPDX-License-Identifier: Apache-2.0
#include "capture/v4l2/v4l2_identity.h"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include "tests/capture/v4l2/fake_system.h"
#include "tests/capture/v4l2/scripted_v4l2.h"

namespace fanlight {
namespace {

class V4l2Identity : public testing::Test {
 protected:
  // A webcam, always of the same model, with its nodes and the driver's answers.
  std::string plug(const std::string& node, const std::string& port, const std::string& serial) {
    const std::string path = system_.add_usb_node(node, port, serial);
    io_.add(path, "Webcam", "usb-" + port);
    return path;
  }
  void unplug(const std::string& node, const std::string& port) {
    system_.remove("dev/" + node);
    system_.remove("sys/class/video4linux/" + node);
    system_.remove("sys/devices/usb1/" + port);
    io_.remove(system_.dev(node));
  }
  std::string identity(const std::string& path) {
    const int fd = io_.open(path, V4l2Conversion::off);
    const std::string result = v4l2_identity(io_, fd, path, system_.roots());
    io_.close(fd);
    return result;
  }
  std::string find(const std::string& path, const std::string& identity) {
    const std::string result = find_v4l2_device(io_, path, identity, system_.roots());
    EXPECT_EQ(io_.open_count(), 0u);
    return result;
  }

  FakeSystem system_;
  ScriptedV4l2 io_;
};

TEST_F(V4l2Identity, IsTheSerialNumberIfThereIsOne) {
  EXPECT_EQ(identity(plug("video0", "1-2", "9E2F")), "046d:0825 serial 9E2F, node 0");
}

TEST_F(V4l2Identity, IsThePortOtherwise) {
  EXPECT_EQ(identity(plug("video0", "1-2", "")), "Webcam at usb-1-2, node 0");
}

TEST_F(V4l2Identity, WorksWithoutSysfs) {
  io_.add(system_.dev("video0"), "vivid", "platform:vivid-000");
  EXPECT_EQ(identity(system_.dev("video0")), "vivid at platform:vivid-000, node 0");
}

TEST_F(V4l2Identity, DiffersForEachNodeOfADevice) {
  const std::string first = plug("video0", "1-2", "9E2F");
  const std::string second = system_.add_usb_node("video1", "1-2", "9E2F", 1);
  io_.add(second, "Webcam", "usb-1-2");
  EXPECT_EQ(identity(first), "046d:0825 serial 9E2F, node 0");
  EXPECT_EQ(identity(second), "046d:0825 serial 9E2F, node 1");
}

TEST_F(V4l2Identity, IsThePortForDuplicateSerialNumbers) {
  const std::string first = plug("video0", "1-2", "0001");
  const std::string second = plug("video2", "1-3", "0001");
  EXPECT_EQ(identity(first), "Webcam at usb-1-2, node 0");
  EXPECT_EQ(identity(second), "Webcam at usb-1-3, node 0");
  // Alone, it still matches the identity that it had while there were two.
  const std::string known = identity(first);
  unplug("video2", "1-3");
  EXPECT_EQ(identity(first), "046d:0825 serial 0001, node 0");
  EXPECT_EQ(find(first, known), first);
}

TEST_F(V4l2Identity, IsEmptyForAnUnresponsiveDevice) {
  const std::string path = plug("video0", "1-2", "9E2F");
  io_.fail(path, VIDIOC_QUERYCAP, ENODEV);
  EXPECT_EQ(identity(path), "");
}

TEST_F(V4l2Identity, LinkResolvesToItsDevice) {
  const std::string path = plug("video0", "1-2", "9E2F");
  system_.link("dev/v4l/by-id/usb-cam", path);
  const std::string link = system_.dev("v4l/by-id/usb-cam");
  io_.add(link, "Webcam", "usb-1-2");
  EXPECT_EQ(identity(link), "046d:0825 serial 9E2F, node 0");
}

TEST_F(V4l2Identity, WithoutAnIdentityThePathIsUsed) {
  plug("video0", "1-2", "9E2F");
  EXPECT_EQ(find(system_.dev("video7"), ""), system_.dev("video7"));
  EXPECT_TRUE(io_.opened().empty());
}

TEST_F(V4l2Identity, PathIsUsedIfItMatchesTheIdentity) {
  const std::string path = plug("video0", "1-2", "9E2F");
  plug("video2", "1-3", "77");
  EXPECT_EQ(find(path, identity(path)), path);
}

TEST_F(V4l2Identity, FindsACameraUnderItsNewNumber) {
  const std::string path = plug("video0", "1-2", "9E2F");
  const std::string known = identity(path);
  unplug("video0", "1-2");
  EXPECT_EQ(find(path, known), path);
  const std::string moved = plug("video4", "1-7", "9E2F");
  EXPECT_EQ(find(path, known), moved);
  // Even if another camera has its old number now.
  plug("video0", "1-2", "other");
  EXPECT_EQ(find(path, known), moved);
}

TEST_F(V4l2Identity, WithoutASerialNumberTheCameraIsFoundOnlyAtItsPort) {
  const std::string path = plug("video0", "1-2", "");
  const std::string known = identity(path);
  unplug("video0", "1-2");
  plug("video1", "1-3", "");
  EXPECT_EQ(find(path, known), path);
  const std::string back = plug("video2", "1-2", "");
  EXPECT_EQ(find(path, known), back);
}

TEST_F(V4l2Identity, SkipsDevicesThatCannotBeOpenedOrDoNotCapture) {
  const std::string path = plug("video0", "1-2", "9E2F");
  const std::string known = identity(path);
  unplug("video0", "1-2");
  const std::string moved = plug("video1", "1-2", "9E2F");
  io_.refuse(moved, EACCES);
  EXPECT_EQ(find(path, known), path);
  io_.allow(moved);
  io_.add(moved, "Webcam", "usb-1-2", V4L2_CAP_META_CAPTURE);
  EXPECT_EQ(find(path, known), path);
}

TEST_F(V4l2Identity, VideoNodesAreSortedByNumber) {
  for (const char* name : {"video10", "video2", "video0", "videoX", "video", "v4l-touch0"}) {
    system_.write(std::string("dev/") + name, "");
  }
  EXPECT_EQ(video_nodes(system_.roots()),
            (std::vector<std::string>{system_.dev("video0"), system_.dev("video2"),
                                      system_.dev("video10")}));
  system_.remove("dev");
  EXPECT_TRUE(video_nodes(system_.roots()).empty());
}

TEST_F(V4l2Identity, StableNameIsByIdThenByPath) {
  const std::string path = plug("video0", "1-2", "9E2F");
  EXPECT_EQ(stable_video_path(path, system_.roots()), path);
  system_.link("dev/v4l/by-path/pci-usb-0:2-video-index0", "../../video0");
  EXPECT_EQ(stable_video_path(path, system_.roots()),
            system_.dev("v4l/by-path/pci-usb-0:2-video-index0"));
  system_.link("dev/v4l/by-id/usb-Other-video-index0", "../../video1");
  system_.link("dev/v4l/by-id/usb-Webcam_9E2F-video-index0", "../../video0");
  EXPECT_EQ(stable_video_path(path, system_.roots()),
            system_.dev("v4l/by-id/usb-Webcam_9E2F-video-index0"));
}

}  // namespace
}  // namespace fanlight
