#include "sluice/host.h"

#include <algorithm>
#include <array>

#include "client/connected.h"
#include "client/domain_name.h"
#include "client/saving.h"
#include "client/storage_names.h"
#include "service/version.h"
#include "sluice/program.h"

namespace sluice {
inline namespace v1 {
namespace {

constexpr std::uint32_t list_active = 1, list_inactive = 2, create_paused = 1;

std::string version_text(std::uint64_t number) {
  return std::to_string(number / 1'000'000) + "." + std::to_string(number / 1'000 % 1'000) + "." +
         std::to_string(number % 1'000);
}

Uuid parsed_uuid(const std::string& text) {
  auto uuid = Uuid::parse(text);
  if (!uuid) throw Failure(uuid.error());
  return *uuid;
}

}  // namespace

std::string library_version() { return std::string(service::version_text); }

std::string_view name(const DomainEvent& event) {
  constexpr std::array<std::string_view, 9> names{"defined", "undefined", "started",     "paused", "resumed",
                                                  "stopped", "shut down", "pmsuspended", "crashed"};
  const auto number = static_cast<std::size_t>(event.event);
  return number < names.size() ? names[number] : "changed";
}

Host::Host(std::shared_ptr<client::Connected> connected) : connected_(std::move(connected)) {}

Host Host::connect(const std::string& uri, const ConnectOptions& options) {
  return Host(client::Connected::to(uri, options));
}

const std::string& Host::uri() const { return connected_->uri(); }
std::string Host::hostname() const { return connected_->call(remote::ConnectGetHostname{}).hostname; }
std::string Host::capabilities() const { return connected_->call(remote::ConnectGetCapabilities{}).capabilities; }
bool Host::alive() const { return connected_->alive(); }
void Host::close() { connected_->close(); }
Connection Host::connection() const { return Connection(connected_); }

Version Host::version() const {
  return {.library = library_version(),
          .daemon = version_text(connected_->call(remote::ConnectGetLibVersion{}).lib_ver),
          .hypervisor = connected_->call(remote::ConnectGetType{}).type + " " +
                        version_text(connected_->call(remote::ConnectGetVersion{}).hv_ver),
          .sluice = connected_->extended()};
}

std::vector<Domain> Host::domains(DomainFilter filter) const {
  const std::uint32_t flags = (filter.active ? list_active : 0) | (filter.inactive ? list_inactive : 0);
  std::vector<Domain> found;
  if (flags == 0) return found;  // to the daemon no flag means all
  auto reply = connected_->call(remote::ConnectListAllDomains{.need_results = 1, .flags = flags});
  for (remote::DomainRef& dom : reply.domains.items) {
    found.emplace_back(connected_, client::DomainName(std::move(dom)));
  }
  std::ranges::sort(found, {}, [](const Domain& domain) -> const std::string& { return domain.name(); });
  return found;
}

Domain Host::lookup(const std::string& name) const {
  return {connected_, client::DomainName(connected_->call(remote::DomainLookupByName{.name = name}).dom)};
}

std::optional<Domain> Host::find(const std::string& name) const {
  try {
    return lookup(name);
  } catch (const Failure& failure) {
    if (failure.code() == Code::no_domain) return std::nullopt;
    throw;
  }
}

Domain Host::lookup_uuid(const std::string& uuid) const {
  return {connected_, client::DomainName(connected_->call(remote::DomainLookupByUuid{.uuid = parsed_uuid(uuid)}).dom)};
}

Domain Host::lookup_id(int id) const {
  return {connected_, client::DomainName(connected_->call(remote::DomainLookupById{.id = id}).dom)};
}

Domain Host::define(const std::string& xml) {
  return {connected_, client::DomainName(connected_->call(remote::DomainDefineXml{.xml = xml}).dom)};
}

Domain Host::create(const std::string& xml, StartOptions options) {
  const remote::DomainCreateXml fields{.xml_desc = xml, .flags = options.paused ? create_paused : 0};
  return {connected_, client::DomainName(connected_->call(fields).dom)};
}

RestoreStream Host::restore(const RestoreOptions& options) {
  client::require_streams(*connected_, "restore machines only from");
  const remote::DomainRestoreStream fields{.xml = options.xml.empty() ? std::nullopt : std::optional(options.xml),
                                           .flags = client::flags_of(options.then),
                                           .params = {}};
  return {connected_->open(remote::Extension::number, remote::DomainRestoreStream::proc, xdr::encode(fields)),
          connected_};
}

Domain Host::restore(const Input& from, const RestoreOptions& options, const TransferOptions& transfer) {
  return restore(options).send(from, transfer);
}

std::shared_ptr<void> Host::watch(std::function<void(const DomainEvent&)> told) {
  return connected_->watch(std::move(told));
}

// --- storage
// ------------------------------------------------------------------------------------------

std::vector<Pool> Host::pools(PoolFilter filter) const {
  constexpr std::uint32_t inactive = 1, active = 2;
  const std::uint32_t flags = (filter.active ? active : 0) | (filter.inactive ? inactive : 0);
  std::vector<Pool> found;
  if (flags == 0) return found;  // to the daemon no flag means all
  auto reply = connected_->call(remote::ConnectListAllStoragePools{.need_results = 1, .flags = flags});
  for (remote::StoragePoolRef& pool : reply.pools.items) {
    found.emplace_back(connected_, client::PoolName(std::move(pool)));
  }
  std::ranges::sort(found, {}, [](const Pool& pool) -> const std::string& { return pool.name(); });
  return found;
}

Pool Host::lookup_pool(const std::string& name) const {
  return {connected_, client::PoolName(connected_->call(remote::StoragePoolLookupByName{.name = name}).pool)};
}

std::optional<Pool> Host::find_pool(const std::string& name) const {
  try {
    return lookup_pool(name);
  } catch (const Failure& failure) {
    if (failure.code() == Code::no_storage_pool) return std::nullopt;
    throw;
  }
}

Pool Host::lookup_pool_uuid(const std::string& uuid) const {
  const remote::StoragePoolLookupByUuid fields{.uuid = parsed_uuid(uuid)};
  return {connected_, client::PoolName(connected_->call(fields).pool)};
}

Pool Host::define_pool(const std::string& xml) {
  return {connected_, client::PoolName(connected_->call(remote::StoragePoolDefineXml{.xml = xml}).pool)};
}

Pool Host::create_pool(const std::string& xml, PoolStartOptions options) {
  constexpr std::uint32_t build = 1;
  const remote::StoragePoolCreateXml fields{.xml = xml, .flags = options.build ? build : 0};
  return {connected_, client::PoolName(connected_->call(fields).pool)};
}

Volume Host::lookup_volume_by_path(const std::string& path) const {
  return {connected_, client::VolumeName{connected_->call(remote::StorageVolLookupByPath{.path = path}).vol}};
}

Volume Host::lookup_volume_by_key(const std::string& key) const {
  return {connected_, client::VolumeName{connected_->call(remote::StorageVolLookupByKey{.key = key}).vol}};
}

std::shared_ptr<void> Host::watch_pools(std::function<void(const PoolEvent&)> told) {
  return connected_->watch(std::move(told));
}

// --- the stream of a restore
// ------------------------------------------------------------------------------------------

namespace {

Domain restored(const std::shared_ptr<client::Connected>& connected, const std::vector<std::byte>& result) {
  return {connected, client::DomainName(decoded<remote::DomainRestoreStream::Result>(result).dom)};
}

}  // namespace

RestoreStream::RestoreStream(Stream stream, std::shared_ptr<client::Connected> connected)
    : Stream(std::move(stream)), connected_(std::move(connected)) {}

Domain RestoreStream::finish() { return restored(connected_, Stream::finish()); }

Domain RestoreStream::send(const Input& from, const TransferOptions& options) {
  return restored(connected_, Stream::send(from, options));
}

std::optional<Domain> RestoreStream::finished() {
  const auto result = Stream::finished();
  return result ? std::optional(restored(connected_, *result)) : std::nullopt;
}

// --- procedures of one's own
// ------------------------------------------------------------------------------------------

std::vector<ProgramInfo> host_programs() { return {remote::Remote::info(), remote::Extension::info()}; }

Connection::Connection(std::shared_ptr<client::Connected> connected) : connected_(std::move(connected)) {}

Connection Connection::open(const std::string& socket, const ConnectOptions& options) {
  return Connection(client::Connected::to_service(socket, options));
}

bool Connection::alive() const { return connected_->alive(); }
void Connection::close() { connected_->close(); }

std::vector<std::byte> Connection::call_raw(std::uint32_t program, const Proc& proc, std::vector<std::byte> fields) {
  return connected_->call(program, proc, std::move(fields));
}

Stream Connection::open_raw(std::uint32_t program, const Proc& proc, std::vector<std::byte> fields) {
  return connected_->open(program, proc, std::move(fields));
}

}  // namespace v1
}  // namespace sluice
