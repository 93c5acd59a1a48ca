// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The four functions of the C library that kernel code is linked with here.
#pragma once

void *memset(void *memory, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
int vsnprintf(char *text, size_t bytes, const char *format, __builtin_va_list arguments);
