// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Tracepoints of mmutrace.h. Two tell the host something that it cannot see: what a new page table is for, and which
// change the kernel believes it has made.
#pragma once

struct kvm_mmu_page;

void stress_trace(u32 event, u64 gfn, u32 level, u64 old, u64 value);
void trace_kvm_mmu_get_page(struct kvm_mmu_page *sp, bool created);
void trace_kvm_mmu_prepare_zap_page(struct kvm_mmu_page *sp);
#define trace_kvm_tdp_mmu_spte_changed(as_id, gfn, level, old_spte, new_spte) \
  stress_trace(STRESS_TRACE_SPTE_CHANGED, gfn, level, old_spte, new_spte)
#define trace_kvm_mmu_split_huge_page(gfn, spte, level, error) \
  stress_trace(STRESS_TRACE_SPLIT, gfn, level, spte, (u64)(error))
#define trace_kvm_mmu_set_spte(level, gfn, sptep) do {} while (0)
#define trace_kvm_mmu_spte_requested(fault, access...) do {} while (0)
#define trace_mark_mmio_spte(sptep, gfn, spte) do {} while (0)
#define trace_fast_page_fault(vcpu, fault, sptep, old_spte, ret) do {} while (0)
#define trace_kvm_mmu_zap_all_fast(kvm) do {} while (0)
