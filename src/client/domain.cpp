#include "sluice/domain.h"

#include "client/connected.h"
#include "client/domain_name.h"
#include "client/saving.h"
#include "remote/domain.h"
#include "remote/domain_job.h"

namespace sluice {
inline namespace v1 {
namespace {

constexpr std::uint32_t start_paused = 1, xml_secure = 1, xml_inactive = 2, console_force = 1;

// Between two questions about the job the transfer itself has the connection.
constexpr std::chrono::milliseconds job_asked_every{500};

}  // namespace

std::string_view name(DomainState state) {
  switch (state) {
    case DomainState::none: return "no state";
    case DomainState::running: return "running";
    case DomainState::blocked: return "blocked";
    case DomainState::paused: return "paused";
    case DomainState::shutting_down: return "shutting down";
    case DomainState::shut_off: return "shut off";
    case DomainState::crashed: return "crashed";
  }
  return "unknown";
}

Domain::Domain(std::shared_ptr<client::Connected> connected, client::DomainName called)
    : connected_(std::move(connected)), called_(std::make_shared<const client::DomainName>(std::move(called))) {}

const std::string& Domain::name() const { return called_->ref.name; }
const std::string& Domain::uuid() const { return called_->uuid; }

std::optional<int> Domain::id() const {
  const auto reply = connected_->call(remote::DomainLookupByUuid{.uuid = called_->ref.uuid});
  return reply.dom.id < 0 ? std::nullopt : std::optional(reply.dom.id);
}

DomainInfo Domain::info() const {
  const auto reply = connected_->call(remote::DomainGetInfo{.dom = called_->ref});
  return {.state = static_cast<DomainState>(reply.state.value),
          .memory_max_kib = reply.max_mem,
          .memory_kib = reply.memory,
          .vcpus = reply.nr_virt_cpu.value,
          .cpu_time_ns = reply.cpu_time};
}

DomainState Domain::state() const {
  return static_cast<DomainState>(connected_->call(remote::DomainGetState{.dom = called_->ref}).state);
}

std::string Domain::xml(XmlOptions options) const {
  const std::uint32_t flags = (options.secure ? xml_secure : 0) | (options.inactive ? xml_inactive : 0);
  return connected_->call(remote::DomainGetXmlDesc{.dom = called_->ref, .flags = flags}).xml;
}

bool Domain::active() const { return connected_->call(remote::DomainIsActive{.dom = called_->ref}).active != 0; }
bool Domain::persistent() const {
  return connected_->call(remote::DomainIsPersistent{.dom = called_->ref}).persistent != 0;
}
bool Domain::autostart() const {
  return connected_->call(remote::DomainGetAutostart{.dom = called_->ref}).autostart != 0;
}
void Domain::set_autostart(bool on) {
  connected_->call(remote::DomainSetAutostart{.dom = called_->ref, .autostart = on ? 1 : 0});
}

void Domain::start(StartOptions options) {
  connected_->call(remote::DomainCreateWithFlags{.dom = called_->ref, .flags = options.paused ? start_paused : 0});
}
void Domain::shutdown() { connected_->call(remote::DomainShutdown{.dom = called_->ref}); }
void Domain::reboot() { connected_->call(remote::DomainReboot{.dom = called_->ref}); }
void Domain::reset() { connected_->call(remote::DomainReset{.dom = called_->ref}); }
void Domain::destroy() { connected_->call(remote::DomainDestroy{.dom = called_->ref}); }
void Domain::pause() { connected_->call(remote::DomainSuspend{.dom = called_->ref}); }
void Domain::resume() { connected_->call(remote::DomainResume{.dom = called_->ref}); }
void Domain::undefine() { connected_->call(remote::DomainUndefine{.dom = called_->ref}); }

Stream Domain::save(SaveOptions options) {
  client::require_streams(*connected_, "save machines only to");
  const remote::DomainSaveStream fields{
      .dom = called_->ref, .flags = client::flags_of(options.then), .params = client::params_of(options)};
  return connected_->open(remote::Extension::number, remote::DomainSaveStream::proc, xdr::encode(fields));
}

void Domain::save(const Output& to, SaveOptions options, const TransferOptions& transfer) {
  Stream state = save(options);
  if (!transfer.progress) {
    state.receive(to, transfer);
    return;
  }
  // The stream does not know how much will come; the job does.
  std::optional<JobInfo> known;
  auto asked = std::chrono::steady_clock::now();
  TransferOptions informed = transfer;
  informed.progress = [&](Progress progress) {
    if (const auto now = std::chrono::steady_clock::now(); now - asked >= job_asked_every) {
      asked = now;
      if (auto current = job()) known = current;
    }
    if (known) progress.total = std::max(progress.transferred, known->total);
    transfer.progress(progress);
  };
  state.receive(to, informed);
}

Stream Domain::console(const ConsoleOptions& options) {
  const remote::DomainOpenConsole fields{
      .dom = called_->ref,
      .dev_name = options.device.empty() ? std::nullopt : std::optional(options.device),
      .flags = options.force ? console_force : 0};
  return connected_->open(remote::Remote::number, remote::DomainOpenConsole::proc, xdr::encode(fields));
}

std::optional<JobInfo> Domain::job() const {
  try {
    const auto reply = connected_->call(remote::DomainGetJobInfo{.dom = called_->ref});
    if (reply.type == 0) return std::nullopt;
    return JobInfo{.elapsed_ms = reply.time_elapsed,
                   .total = reply.data_total,
                   .processed = reply.data_processed,
                   .remaining = reply.data_remaining};
  } catch (const Failure& failure) {
    if (failure.code() == Code::operation_invalid) return std::nullopt;  // the machine is off: its save is over
    throw;
  }
}

void Domain::abort_job() { connected_->call(remote::DomainAbortJob{.dom = called_->ref}); }

}  // namespace v1
}  // namespace sluice
