// The contract, put to the in-memory host.
#include "driver/memory_host.h"
#include "io/clock.h"
#include "subject.h"

namespace sluice::contract {
namespace {

class MemorySubject final : public Subject {
 public:
  explicit MemorySubject(const io::Executor& executor) : host_(executor, clock_, {.guest_memory_max = 1024 * 1024}) {}

  driver::Host& host() override { return host_; }
  std::string definition(const std::string& name) const override {
    return "<domain type='test'><name>" + name + "</name><uuid>" + uuid_of(name).text() +
           "</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>"
           "<devices><console type='pty'/></devices></domain>";
  }
  std::string left_behind() const override { return ""; }
  int thoroughness() const override { return 40; }

 private:
  io::SteadyClock clock_;
  driver::MemoryHost host_;
};

}  // namespace

std::unique_ptr<Subject> make_subject(const io::Executor& executor) {
  return std::make_unique<MemorySubject>(executor);
}

}  // namespace sluice::contract
