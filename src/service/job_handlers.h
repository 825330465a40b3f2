#pragma once
// Saving to a file on the daemon's host and restoring from one, watching and ending such a job, and the console.

#include "remote/domain_job.h"
#include "service/group.h"
#include "service/world.h"

namespace sluice::service {

class JobHandlers {
 public:
  using Served = Procedures<remote::DomainSave, remote::DomainSaveFlags, remote::DomainRestore,
                            remote::DomainRestoreFlags, remote::DomainSaveImageGetXmlDesc, remote::DomainGetJobInfo,
                            remote::DomainGetJobStats, remote::DomainAbortJob, remote::DomainOpenConsole>;

  explicit JobHandlers(World& world) : world_(world) {}
  Group group();

  Task<Void> operator()(Call<remote::DomainSave>& call);
  Task<Void> operator()(Call<remote::DomainSaveFlags>& call);
  Task<Void> operator()(Call<remote::DomainRestore>& call);
  Task<Void> operator()(Call<remote::DomainRestoreFlags>& call);
  Task<remote::DomainSaveImageGetXmlDesc::Reply> operator()(Call<remote::DomainSaveImageGetXmlDesc>& call);
  Task<remote::DomainGetJobInfo::Reply> operator()(Call<remote::DomainGetJobInfo>& call);
  Task<remote::DomainGetJobStats::Reply> operator()(Call<remote::DomainGetJobStats>& call);
  Task<Void> operator()(Call<remote::DomainAbortJob>& call);
  Task<Void> operator()(Call<remote::DomainOpenConsole>& call);

 private:
  Task<> save(remote::DomainRef dom, std::string path, driver::Resume resume);
  Task<> restore(std::string path, driver::RestoreOptions options);
  Task<std::optional<driver::ActiveJob>> job_of(remote::DomainRef dom);

  World& world_;
};

}  // namespace sluice::service
