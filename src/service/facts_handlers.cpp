#include "service/facts_handlers.h"

#include "model/domain_xml.h"

namespace sluice::service {
namespace {

namespace xml_flag {
constexpr std::uint32_t secure = 1, inactive = 2, update_cpu = 4;
}

void need_active(driver::RunState state) {
  if (!is_active(state)) io::fail(Code::operation_invalid, "the machine is not running", ErrorDomain::domain);
}

}  // namespace

Group FactsHandlers::group() { return group_of(*this); }

Task<driver::MachineInfo> FactsHandlers::info_of(remote::DomainRef dom) {
  auto machine = co_await machine_of(world_, dom);
  co_return co_await machine->info();
}

// The CPU is printed as it is defined; there is nothing to update.
Task<remote::DomainGetXmlDesc::Reply> FactsHandlers::operator()(Call<remote::DomainGetXmlDesc>& call) {
  only_flags(call, xml_flag::secure | xml_flag::inactive | xml_flag::update_cpu);
  const bool secure = (call->flags & xml_flag::secure) != 0;
  if (secure && !world_.client.may(remote::Role::admin)) {
    io::fail(Code::operation_denied, "a definition with its passwords needs the role 'admin'");
  }
  auto machine = co_await machine_of(world_, call->dom);
  const driver::XmlOptions options{.secure = secure, .inactive = (call->flags & xml_flag::inactive) != 0};
  std::string xml = co_await machine->xml(options);
  co_return remote::DomainGetXmlDesc::Reply{.xml = std::move(xml)};
}

Task<remote::DomainGetInfo::Reply> FactsHandlers::operator()(Call<remote::DomainGetInfo>& call) {
  const driver::MachineInfo info = co_await info_of(call->dom);
  co_return remote::DomainGetInfo::Reply{.state = {static_cast<std::uint8_t>(info.state)},
                                         .max_mem = info.memory_max_kib,
                                         .memory = info.memory_kib,
                                         .nr_virt_cpu = {info.vcpus},
                                         .cpu_time = info.cpu_time_ns};
}

Task<remote::DomainGetState::Reply> FactsHandlers::operator()(Call<remote::DomainGetState>& call) {
  only_flags(call, 0);
  const driver::MachineInfo info = co_await info_of(call->dom);
  co_return remote::DomainGetState::Reply{.state = static_cast<std::int32_t>(info.state), .reason = info.reason};
}

Task<remote::DomainGetOsType::Reply> FactsHandlers::operator()(Call<remote::DomainGetOsType>& call) {
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainGetOsType::Reply{.type = "hvm"};
}

Task<remote::DomainGetMaxMemory::Reply> FactsHandlers::operator()(Call<remote::DomainGetMaxMemory>& call) {
  const driver::MachineInfo info = co_await info_of(call->dom);
  co_return remote::DomainGetMaxMemory::Reply{.memory = info.memory_max_kib};
}

Task<remote::DomainGetMaxVcpus::Reply> FactsHandlers::operator()(Call<remote::DomainGetMaxVcpus>& call) {
  const driver::MachineInfo info = co_await info_of(call->dom);
  co_return remote::DomainGetMaxVcpus::Reply{.num = info.vcpus};
}

// The number of processors does not change while a machine runs, so all these questions have one answer.
Task<remote::DomainGetVcpusFlags::Reply> FactsHandlers::operator()(Call<remote::DomainGetVcpusFlags>& call) {
  constexpr std::uint32_t live = 1, config = 2, maximum = 4;
  only_flags(call, live | config | maximum);
  const driver::MachineInfo info = co_await info_of(call->dom);
  if ((call->flags & live) != 0) need_active(info.state);
  co_return remote::DomainGetVcpusFlags::Reply{.num = info.vcpus};
}

Task<remote::DomainGetAutostart::Reply> FactsHandlers::operator()(Call<remote::DomainGetAutostart>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  const bool on = co_await machine->autostart();
  co_return remote::DomainGetAutostart::Reply{.autostart = on ? 1 : 0};
}

Task<remote::DomainIsActive::Reply> FactsHandlers::operator()(Call<remote::DomainIsActive>& call) {
  const driver::MachineInfo info = co_await info_of(call->dom);
  co_return remote::DomainIsActive::Reply{.active = is_active(info.state) ? 1 : 0};
}

Task<remote::DomainIsPersistent::Reply> FactsHandlers::operator()(Call<remote::DomainIsPersistent>& call) {
  auto machine = co_await machine_of(world_, call->dom);
  const bool persistent = co_await machine->persistent();
  co_return remote::DomainIsPersistent::Reply{.persistent = persistent ? 1 : 0};
}

// A definition changed behind our back cannot be: the daemon alone keeps it.
Task<remote::DomainIsUpdated::Reply> FactsHandlers::operator()(Call<remote::DomainIsUpdated>& call) {
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainIsUpdated::Reply{.updated = 0};
}

// Saved states are files and streams of their own; none is kept with the machine.
Task<remote::DomainHasManagedSaveImage::Reply> FactsHandlers::operator()(
    Call<remote::DomainHasManagedSaveImage>& call) {
  only_flags(call, 0);
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainHasManagedSaveImage::Reply{.result = 0};
}

// The flags of these two select among snapshots; of none, any selection is none.
Task<remote::DomainSnapshotNum::Reply> FactsHandlers::operator()(Call<remote::DomainSnapshotNum>& call) {
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainSnapshotNum::Reply{.num = 0};
}

Task<remote::DomainListAllSnapshots::Reply> FactsHandlers::operator()(Call<remote::DomainListAllSnapshots>& call) {
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainListAllSnapshots::Reply{};
}

Task<remote::DomainGetMetadata::Reply> FactsHandlers::operator()(Call<remote::DomainGetMetadata>& call) {
  constexpr std::uint32_t live = 1, config = 2;
  constexpr std::int32_t description = 0, title = 1, element = 2;
  only_flags(call, live | config);
  if (call->type < description || call->type > element) {
    io::fail(Code::invalid_arg, "there is no metadata of type " + std::to_string(call->type));
  }
  auto machine = co_await machine_of(world_, call->dom);
  const driver::XmlOptions options{.inactive = (call->flags & config) != 0};
  const std::string xml = co_await machine->xml(options);
  const model::DomainSpec spec = io::or_throw(model::parse_domain(xml));
  std::string text = call->type == title ? spec.title : call->type == description ? spec.description : std::string();
  if (text.empty()) io::fail(Code::no_domain_metadata, "the machine has no such metadata", ErrorDomain::domain);
  co_return remote::DomainGetMetadata::Reply{.metadata = std::move(text)};
}

Task<remote::DomainGetControlInfo::Reply> FactsHandlers::operator()(Call<remote::DomainGetControlInfo>& call) {
  only_flags(call, 0);
  const driver::MachineInfo info = co_await info_of(call->dom);
  need_active(info.state);
  co_return remote::DomainGetControlInfo::Reply{};  // it answered just now
}

// A C string, empty: there are no labels.
Task<remote::DomainGetSecurityLabel::Reply> FactsHandlers::operator()(Call<remote::DomainGetSecurityLabel>& call) {
  static_cast<void>(co_await machine_of(world_, call->dom));
  co_return remote::DomainGetSecurityLabel::Reply{.label = {{{0}}}};
}

}  // namespace sluice::service
