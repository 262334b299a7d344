// SPDX-License-Identifier: Apache-2.0
// Librarian, Servant: the threads of the database and of a camera, as a shard sees them, in the
// simulation.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/camera_panel.h"
#include "core/check.h"
#include "core/random.h"
#include "database/table_desk.h"
#include "tests/sim/sim_clock.h"

namespace fanlight {

// Answers queries like the database's thread, from a table without an end. Owns: its plan.
// Thread: one; it acts when the clock calls it.
class Librarian {
 public:
  Librarian(TableDesk& desk, SimClock& clock)
      : desk_(desk), clock_(clock), plan_(clock.after(0s, [this] { serve(); })) {}
  Librarian(const Librarian&) = delete;
  Librarian& operator=(const Librarian&) = delete;
  ~Librarian() { clock_.call_off(plan_); }

 private:
  void serve() {
    while (TableQuery* query = desk_.take_next()) {
      TablePage& page = query->page();
      int64_t row = query->first_row() == kFirstRow ? 1 : query->first_row();
      for (; !page.is_full(); ++row) {
        for (const char* cell : {"S", "name", "1.5", "7"}) page.add_cell(cell);
        page.end_row(row);
      }
      desk_.answer(*query, TableStatus::ok, "");
    }
    plan_ = clock_.after(20ms, [this] { serve(); });
  }

  TableDesk& desk_;
  SimClock& clock_;
  SimClock::Appointment plan_;
};

// Serves requests like the camera's thread: from time to time, sometimes too late. Owns: its plan.
// Thread: one; it acts when the clock calls it.
class Servant {
 public:
  Servant(CameraPanel& panel, SimClock& clock, uint64_t seed)
      : panel_(panel), clock_(clock), random_(seed), plan_(clock.after(0s, [this] { serve(); })) {}
  Servant(const Servant&) = delete;
  Servant& operator=(const Servant&) = delete;
  ~Servant() { clock_.call_off(plan_); }

 private:
  void serve() {
    panel_.serve([this](const ControlOrder& order, ControlAnswer& answer) {
      constexpr std::array kOutcomes = {ControlOutcome::done, ControlOutcome::malformed,
                                        ControlOutcome::refused, ControlOutcome::unavailable};
      answer.outcome = kOutcomes[random_.below(kOutcomes.size())];
      answer.words = order.body;
      const std::vector<std::string> rows(random_.below(200), "{\"name\":\"brightness\"}");
      CHECK(panel_.publish_controls(rows) == 0);
    });
    plan_ = clock_.after(from_seconds(random_.log_uniform(0.01, 8)), [this] { serve(); });
  }

  CameraPanel& panel_;
  SimClock& clock_;
  Random random_;
  SimClock::Appointment plan_;
};

}  // namespace fanlight
