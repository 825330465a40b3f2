#pragma once
// Metrics: the figures of a daemon at one moment, and how Prometheus reads them. docs/metrics.md lists every one; a
// test compares that with what a daemon tells.
//
//   const Metrics metrics = co_await survey.take();
//   const std::string text = exposition(metrics);          // text format 0.0.4

#include <array>
#include <cstdint>
#include <string>

#include "daemon/process_figures.h"
#include "io/disk.h"
#include "service/count.h"

namespace sluice::daemon {

inline constexpr std::size_t machine_states = 7;  // values of driver::RunState

struct Metrics {
  service::Count count;
  std::uint64_t window_budget = 0, window_reserved = 0;  // bytes
  io::Disk::Figures disk;
  std::array<std::uint64_t, machine_states> machines{};
  ProcessFigures process;
  // Who did not answer in time, or well: for them older figures stand here.
  std::uint64_t loops_old = 0;
  bool machines_old = false;
};

std::string exposition(const Metrics& metrics);

}  // namespace sluice::daemon
