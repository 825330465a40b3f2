#include "daemon/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <vector>

#include "driver/host.h"
#include "remote/extension.h"
#include "remote/remote.h"
#include "service/version.h"

namespace sluice::daemon {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;
using service::Past;
using service::Present;

constexpr std::array<std::string_view, service::directions> direction_names{"none", "up", "down", "both"};
constexpr std::array<std::string_view, service::outcomes> outcome_names{"finished", "failed", "given_up", "cancelled",
                                                                        "lost"};
constexpr std::array<std::string_view, service::wait_reasons> wait_names{"nothing", "window", "socket", "disk",
                                                                         "machine", "rate",   "budget"};
constexpr std::array<std::string_view, machine_states> state_names{"none",          "running",  "blocked", "paused",
                                                                   "shutting_down", "shut_off", "crashed"};
constexpr std::size_t first_direction = 1;  // `none` has no streams

std::string program_name(std::uint32_t number) {
  if (number == remote::Remote::number) return "remote";
  if (number == remote::Extension::number) return "sluice";
  return std::to_string(number);
}

// The families, in the order in which they are told.
class Families {
 public:
  // Adds one family; samples of it follow.
  Families& counter(std::string name, std::string help) { return family(std::move(name), std::move(help), true); }
  Families& gauge(std::string name, std::string help) { return family(std::move(name), std::move(help), false); }
  template <class Number>
  Families& sample(Number number, Labels labels = {}) {
    const auto value = static_cast<double>(number);
    ClientMetric metric;
    metric.label = std::move(labels);
    if (all_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    all_.back().metric.push_back(std::move(metric));
    return *this;
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, all_);
    return std::move(out).str();
  }

 private:
  Families& family(std::string name, std::string help, bool counts) {
    all_.push_back({.name = std::move(name),
                    .help = std::move(help),
                    .type = counts ? MetricType::Counter : MetricType::Gauge,
                    .metric = {}});
    return *this;
  }

  std::vector<prometheus::MetricFamily> all_;
};

std::string text(std::string_view word) { return std::string(word); }

void connections(Families& to, const Past& past, const Present& now) {
  to.counter("sluice_connections_total", "Clients that connected.");
  for (const auto& [transport, number] : past.connections) to.sample(number, {{"transport", transport}});
  to.gauge("sluice_connections",
           "Clients that are connected, by what they speak: sluice with windows, libvirt without.");
  for (const auto& [client, number] : now.connections) {
    to.sample(number, {{"transport", client.transport}, {"protocol", client.extended ? "sluice" : "libvirt"}});
  }
  to.gauge("sluice_connections_braked", "Clients without windows that are not read from, because a stream holds them.")
      .sample(now.braked);
  to.gauge("sluice_control_queue_bytes", "Replies and events that clients have not taken.").sample(now.control_queued);
  const session::Counters& traffic = past.traffic;
  to.counter("sluice_violations_total", "Messages of clients that broke the protocol, or the window of a stream.")
      .sample(traffic.violations);
  to.counter("sluice_frames_total", "Frames of the protocol, data included.")
      .sample(traffic.frames_in, {{"direction", "in"}})
      .sample(traffic.frames_out, {{"direction", "out"}});
}

void calls(Families& to, const Past& past, const Present& now) {
  to.counter("sluice_calls_total", "Calls that are over. A stream's counts when it is accepted.");
  for (const auto& [program, number] : past.calls) {
    to.sample(number.well, {{"program", program_name(program)}, {"outcome", "well"}});
    to.sample(number.failed, {{"program", program_name(program)}, {"outcome", "failed"}});
    to.sample(number.unanswered, {{"program", program_name(program)}, {"outcome", "unanswered"}});
  }
  to.counter("sluice_calls_refused_total", "Calls that no handler saw: unknown, before the opening, too many.")
      .sample(past.traffic.refused_calls);
  to.gauge("sluice_calls_running", "Calls that are being answered.").sample(now.calls);
  to.counter("sluice_errors_total", "Errors that clients were told, of calls and of streams.");
  for (const auto& [code, number] : past.errors) to.sample(number, {{"code", text(name(code))}});
}

void streams(Families& to, const Past& past, const Present& now) {
  to.gauge("sluice_streams_open", "Streams that are open, by the procedure that opened them.");
  for (const auto& [kind, number] : now.streams) {
    to.sample(number, {{"operation", text(kind.operation)},
                       {"direction", text(direction_names[static_cast<std::size_t>(kind.direction)])}});
  }
  to.counter("sluice_streams_opened_total", "Streams that were accepted.");
  for (std::size_t at = first_direction; at < service::directions; ++at) {
    to.sample(past.streams_opened[at], {{"direction", text(direction_names[at])}});
  }
  to.counter("sluice_streams_ended_total",
             "Streams that are over: given up by their client, cancelled by another one.");
  for (std::size_t at = first_direction; at < service::directions; ++at) {
    for (std::size_t how = 0; how < service::outcomes; ++how) {
      to.sample(past.streams_ended[at][how],
                {{"direction", text(direction_names[at])}, {"outcome", text(outcome_names[how])}});
    }
  }
  to.gauge("sluice_streams_waiting", "Open streams, by what their bytes wait for at this moment.");
  for (std::size_t why = 0; why < service::wait_reasons; ++why) {
    to.sample(now.waits[why], {{"for", text(wait_names[why])}});
  }
  to.gauge("sluice_stream_held_bytes", "Bytes of streams in the memory of the daemon.").sample(now.held);
}

void bytes(Families& to, const Metrics& metrics) {
  const session::Counters& traffic = metrics.count.past.traffic;
  to.counter("sluice_stream_bytes_total", "Bytes of data of streams that arrived and left. Holes are none.")
      .sample(traffic.body_bytes_in, {{"direction", "in"}})
      .sample(traffic.body_bytes_out, {{"direction", "out"}});
  to.counter("sluice_stream_dropped_bytes_total", "Bytes of data that arrived for a stream that was over.")
      .sample(traffic.dropped_bytes);
  to.counter("sluice_stream_copied_bytes_total", "Bytes of data that were copied in memory; spliced ones are none.")
      .sample(metrics.count.past.copied);
  to.counter("sluice_window_stalls_total", "Times that a stream had data to send and its receiver's window was shut.")
      .sample(traffic.window_stalls);
  to.gauge("sluice_window_budget_bytes", "What the windows of all connections may promise together.")
      .sample(metrics.window_budget);
  to.gauge("sluice_window_reserved_bytes", "What they promise, beyond the little that every stream has.")
      .sample(metrics.window_reserved);
}

void disk(Families& to, const io::Disk::Figures& figures) {
  to.gauge("sluice_disk_work_waiting", "Pieces of work for files that wait for a thread.").sample(figures.waiting);
  to.gauge("sluice_disk_work_running", "Pieces of work for files that are under way.").sample(figures.running);
  to.counter("sluice_disk_work_total", "Pieces of work for files that were done.").sample(figures.done);
  to.gauge("sluice_disk_threads", "Threads that touch files.").sample(figures.threads);
}

void machines(Families& to, const Metrics& metrics) {
  to.gauge("sluice_machines", "Machines that are defined or run, by state.");
  for (std::size_t at = 0; at < machine_states; ++at) {
    to.sample(metrics.machines[at], {{"state", text(state_names[at])}});
  }
}

void daemon(Families& to, const Metrics& metrics) {
  to.gauge("sluice_figures_old", "Who did not answer in time: for them older figures are told.")
      .sample(metrics.loops_old, {{"of", "loops"}})
      .sample(metrics.machines_old ? 1 : 0, {{"of", "machines"}});
  to.gauge("sluice_build_info", "The version of the daemon; always 1.")
      .sample(1, {{"version", text(service::version_text)}});
  const ProcessFigures& process = metrics.process;
  to.gauge("process_start_time_seconds", "When the daemon began, in seconds since 1970.").sample(process.started);
  to.counter("process_cpu_seconds_total", "User and system time of the daemon.").sample(process.cpu_seconds);
  to.gauge("process_resident_memory_bytes", "Memory of the daemon.").sample(process.resident_bytes);
  to.gauge("process_threads", "Threads of the daemon.").sample(process.threads);
  to.gauge("process_open_fds", "Descriptors that the daemon has open.").sample(process.descriptors);
}

}  // namespace

std::string exposition(const Metrics& metrics) {
  Families all;
  connections(all, metrics.count.past, metrics.count.present);
  calls(all, metrics.count.past, metrics.count.present);
  streams(all, metrics.count.past, metrics.count.present);
  bytes(all, metrics);
  disk(all, metrics.disk);
  machines(all, metrics);
  daemon(all, metrics);
  return all.text();
}

}  // namespace sluice::daemon
