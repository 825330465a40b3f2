#include "service/job_handlers.h"

#include "driver/container_source.h"
#include "io/file.h"
#include "model/domain_xml.h"
#include "service/late_stream.h"
#include "service/save_options.h"

namespace sluice::service {
namespace {

// Bypassing the cache is advice about how a file is written, not what is in it.
constexpr std::uint32_t bypass_cache = 1, running = 2, paused = 4;
constexpr std::int32_t no_job = 0, unbounded_job = 2;

std::uint64_t remaining_ms(const driver::Progress& progress) {
  if (progress.processed == 0) return 0;
  const double left = static_cast<double>(progress.remaining) / static_cast<double>(progress.processed);
  return static_cast<std::uint64_t>(left * static_cast<double>(progress.elapsed_ms));
}

std::int32_t operation_of(driver::JobKind kind) {
  constexpr std::int32_t saves = 2, restores = 3;
  return kind == driver::JobKind::save ? saves : restores;
}

}  // namespace

Group JobHandlers::group() { return group_of(*this); }

Task<> JobHandlers::save(remote::DomainRef dom, std::string path, driver::Resume resume) {
  need_absolute(path);
  auto machine = co_await machine_of(world_, dom);
  const driver::MachineInfo info = co_await machine->info();
  if (!is_active(info.state)) {
    io::fail(Code::operation_invalid, "cannot save machine '" + dom.name + "': it is not running", ErrorDomain::domain);
  }
  const std::unique_ptr<io::Sink> file = co_await io::open_sink(world_.disk, path);
  driver::Job job(driver::JobKind::save);
  const driver::SaveOptions options{.resume = resume};
  co_await machine->save(*file, options, job);
}

Task<Void> JobHandlers::operator()(Call<remote::DomainSave>& call) {
  co_await save(call->dom, call->to, driver::Resume::as_it_was);
  co_return Void{};
}

Task<Void> JobHandlers::operator()(Call<remote::DomainSaveFlags>& call) {
  only_flags(call, bypass_cache | running | paused);
  if (call->dxml) {
    io::fail(Code::argument_unsupported,
             "another definition is given when a machine is restored, not when it is saved");
  }
  co_await save(call->dom, call->to, resume_of(call->flags, running, paused));
  co_return Void{};
}

Task<> JobHandlers::restore(std::string path, driver::RestoreOptions options) {
  need_absolute(path);
  const std::unique_ptr<io::Source> file = co_await io::open_source(world_.disk, path);
  driver::Job job(driver::JobKind::restore);
  static_cast<void>(co_await world_.host.restore(*file, std::move(options), job));
}

Task<Void> JobHandlers::operator()(Call<remote::DomainRestore>& call) {
  driver::RestoreOptions options;
  co_await restore(call->from, std::move(options));
  co_return Void{};
}

Task<Void> JobHandlers::operator()(Call<remote::DomainRestoreFlags>& call) {
  only_flags(call, bypass_cache | running | paused);
  driver::RestoreOptions options{.resume = resume_of(call->flags, running, paused), .xml = call->dxml.value_or("")};
  co_await restore(call->from, std::move(options));
  co_return Void{};
}

Task<remote::DomainSaveImageGetXmlDesc::Reply> JobHandlers::operator()(Call<remote::DomainSaveImageGetXmlDesc>& call) {
  constexpr std::uint32_t secure_flag = 1;
  only_flags(call, secure_flag);
  need_absolute(call->file);
  const bool secure = (call->flags & secure_flag) != 0;
  if (secure && !world_.client.may(remote::Role::admin)) {
    io::fail(Code::operation_denied, "a definition with its passwords needs the role 'admin'");
  }
  const std::unique_ptr<io::Source> file = co_await io::open_source(world_.disk, call->file);
  driver::ContainerSource container(*file);
  static_cast<void>(co_await container.opening());
  const std::string stored = co_await container.xml();
  const model::DomainSpec spec = io::or_throw(model::parse_domain(stored));
  const model::PrintOptions options{.secure = secure};
  co_return remote::DomainSaveImageGetXmlDesc::Reply{.xml = model::print_domain(spec, options)};
}

// The job under way; nothing on an idle machine, an error if it does not run.
Task<std::optional<driver::ActiveJob>> JobHandlers::job_of(remote::DomainRef dom) {
  auto machine = co_await machine_of(world_, dom);
  std::optional<driver::ActiveJob> job = co_await machine->job();
  if (job) co_return job;
  const driver::MachineInfo info = co_await machine->info();
  if (!is_active(info.state)) io::fail(Code::operation_invalid, "the machine is not running", ErrorDomain::domain);
  co_return std::nullopt;
}

Task<remote::DomainGetJobInfo::Reply> JobHandlers::operator()(Call<remote::DomainGetJobInfo>& call) {
  const std::optional<driver::ActiveJob> job = co_await job_of(call->dom);
  if (!job) co_return remote::DomainGetJobInfo::Reply{.type = no_job};
  const driver::Progress& progress = job->progress;
  co_return remote::DomainGetJobInfo::Reply{.type = unbounded_job,
                                            .time_elapsed = progress.elapsed_ms,
                                            .time_remaining = remaining_ms(progress),
                                            .data_total = progress.total,
                                            .data_processed = progress.processed,
                                            .data_remaining = progress.remaining,
                                            .mem_total = progress.total,
                                            .mem_processed = progress.processed,
                                            .mem_remaining = progress.remaining};
}

// Finished jobs are not kept: asked for one, there is none.
Task<remote::DomainGetJobStats::Reply> JobHandlers::operator()(Call<remote::DomainGetJobStats>& call) {
  constexpr std::uint32_t completed = 1, keep_completed = 2;
  only_flags(call, completed | keep_completed);
  if ((call->flags & completed) != 0) {
    static_cast<void>(co_await machine_of(world_, call->dom));
    co_return remote::DomainGetJobStats::Reply{.type = no_job};
  }
  const std::optional<driver::ActiveJob> job = co_await job_of(call->dom);
  if (!job) co_return remote::DomainGetJobStats::Reply{.type = no_job};
  const driver::Progress& progress = job->progress;
  remote::DomainGetJobStats::Reply reply{.type = unbounded_job};
  reply.params.items = {{"operation", operation_of(job->kind)},     {"time_elapsed", progress.elapsed_ms},
                        {"time_remaining", remaining_ms(progress)}, {"data_total", progress.total},
                        {"data_processed", progress.processed},     {"data_remaining", progress.remaining},
                        {"memory_total", progress.total},           {"memory_processed", progress.processed},
                        {"memory_remaining", progress.remaining}};
  co_return reply;
}

Task<Void> JobHandlers::operator()(Call<remote::DomainAbortJob>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  co_await machine->abort_job();
  co_return Void{};
}

// Safe: refuse a second console, which is what happens without force anyway.
Task<Void> JobHandlers::operator()(Call<remote::DomainOpenConsole>& call) {
  constexpr std::uint32_t force = 1, safe = 2;
  only_flags(call, force | safe);
  auto machine = co_await machine_of(world_, call->dom);
  const driver::MachineRef ref = co_await machine->ref();
  call.incoming().describe({.object = ref.name, .behind = remote::StreamWait::machine});
  LateSource keys(call.incoming());
  LateSink screen(call.incoming());
  const driver::ConsoleOptions options{.device = call->dev_name.value_or(""), .force = (call->flags & force) != 0};
  co_await machine->console(keys, screen, options);
  co_return Void{};
}

}  // namespace sluice::service
