// SPDX-License-Identifier: Apache-2.0
// AccessLogWriter: the thread that writes the access log, so that a slow disk delays no frame.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/fd.h"
#include "core/time.h"
#include "http/state/access_log.h"

namespace fanlight {

// Owns: the log, its file (except standard output), the thread.
// Thread: made, reopened, stopped and destroyed by main; the file is the thread's own.
class AccessLogWriter {
 public:
  // `path`: a file, which is made (0640) or continued; "-": standard output. Throws
  // std::system_error.
  explicit AccessLogWriter(std::string path);
  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;
  ~AccessLogWriter();

  AccessLog* log() { return &log_; }

  // Opens the file again, which may have been renamed (logrotate(8)). If that fails, the old one is
  // used on.
  void reopen() noexcept { log_.reopen(); }

  // Writes what is left. False when the thread hangs in a write: it then still runs, and nothing
  // that it uses may be destroyed.
  bool stop() noexcept;

 private:
  void run() noexcept;
  void open_again() noexcept;
  void write(const AccessLog::Work& work) noexcept;
  // Returns what could not be written.
  std::string_view put(std::string_view text) noexcept;

  AccessLog log_;
  const std::string path_;
  Fd file_;             // none for standard output
  bool fails_ = false;  // a write has failed since the file was opened
  // The last line of the file has no end: the disk had room for its beginning.
  bool is_torn_ = false;
  uint64_t dropped_ = 0;  // lines that the file says nothing about yet
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;
};

// nullptr without a path. Throws StartError: not_permitted or system_error when the file cannot be
// opened.
std::unique_ptr<AccessLogWriter> open_access_log(const std::string& path);

}  // namespace fanlight
