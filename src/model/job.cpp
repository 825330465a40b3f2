#include "model/job.h"

#include "base/assert.h"

namespace sluice::model {
namespace {

std::unexpected<Error> refuse(std::string_view machine, std::string_view condition) {
  return fault(Code::operation_invalid, "machine '" + std::string(machine) + "' " + std::string(condition),
               ErrorDomain::domain);
}

}  // namespace

std::string_view doing(JobKind kind) { return kind == JobKind::save ? "being saved" : "being restored"; }

Result<> JobSlot::begin(std::string_view machine, JobKind kind) {
  const auto* row = step(job_rows, state_, JobInput::begin);
  if (row == nullptr) return refuse(machine, "is " + std::string(doing(kind_)));
  state_ = row->to;
  kind_ = kind;
  return {};
}

Result<bool> JobSlot::cancel(std::string_view machine) {
  const auto* row = step(job_rows, state_, JobInput::cancel);
  if (row == nullptr) return refuse(machine, "has no job");
  state_ = row->to;
  return row->action == JobAction::stop;
}

void JobSlot::end() {
  const auto* row = step(job_rows, state_, JobInput::end);
  ensure(row != nullptr, "only a job that began can end");
  state_ = row->to;
}

}  // namespace sluice::model
