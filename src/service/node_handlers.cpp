#include "service/node_handlers.h"

#include "base/limits.h"
#include "service/node_facts.h"

namespace sluice::service {

Group NodeHandlers::group() { return group_of(*this); }

Task<remote::ConnectGetType::Reply> NodeHandlers::operator()(Call<remote::ConnectGetType>&) {
  const driver::HostFacts facts = co_await world_.host.facts();
  co_return remote::ConnectGetType::Reply{.type = facts.type};
}

Task<remote::ConnectGetVersion::Reply> NodeHandlers::operator()(Call<remote::ConnectGetVersion>&) {
  const driver::HostFacts facts = co_await world_.host.facts();
  co_return remote::ConnectGetVersion::Reply{.hv_ver = facts.version};
}

Task<remote::ConnectGetMaxVcpus::Reply> NodeHandlers::operator()(Call<remote::ConnectGetMaxVcpus>&) {
  co_return remote::ConnectGetMaxVcpus::Reply{.max_vcpus = static_cast<std::int32_t>(limits::vcpus_max)};
}

Task<remote::NodeGetInfo::Reply> NodeHandlers::operator()(Call<remote::NodeGetInfo>&) {
  const NodeFacts facts = node_facts();
  remote::NodeGetInfo::Reply reply{.memory = facts.memory_kib,
                                   .cpus = facts.cpus,
                                   .mhz = facts.mhz,
                                   .nodes = 1,
                                   .sockets = 1,
                                   .cores = facts.cpus,
                                   .threads = 1};
  // The last item stays zero: it is a C string.
  for (std::size_t i = 0; i < facts.machine.size() && i + 1 < reply.model.size(); ++i) {
    reply.model[i].value = static_cast<std::int8_t>(facts.machine[i]);
  }
  co_return reply;
}

Task<remote::ConnectGetCapabilities::Reply> NodeHandlers::operator()(Call<remote::ConnectGetCapabilities>&) {
  const driver::HostFacts facts = co_await world_.host.facts();
  co_return remote::ConnectGetCapabilities::Reply{.capabilities = facts.capabilities_xml};
}

Task<remote::ConnectGetDomainCapabilities::Reply> NodeHandlers::operator()(
    Call<remote::ConnectGetDomainCapabilities>& call) {
  only_flags(call, 0);
  const driver::HostFacts facts = co_await world_.host.facts();
  co_return remote::ConnectGetDomainCapabilities::Reply{.capabilities = facts.domain_capabilities_xml};
}

Task<remote::NodeGetFreeMemory::Reply> NodeHandlers::operator()(Call<remote::NodeGetFreeMemory>&) {
  co_return remote::NodeGetFreeMemory::Reply{.free_mem = node_facts().free_kib * 1024};
}

Task<remote::ConnectGetSysinfo::Reply> NodeHandlers::operator()(Call<remote::ConnectGetSysinfo>& call) {
  only_flags(call, 0);
  io::fail(Code::config_unsupported, "the host's SMBIOS data are not read here");
  co_return remote::ConnectGetSysinfo::Reply{};
}

// No security labels here: an empty model (a C string) is what makes clients leave that line out.
Task<remote::NodeGetSecurityModel::Reply> NodeHandlers::operator()(Call<remote::NodeGetSecurityModel>&) {
  co_return remote::NodeGetSecurityModel::Reply{.model = {{{0}}}, .doi = {{{0}}}};
}

}  // namespace sluice::service
