/* What runs before main, and the vectors; without a C library. */
typedef void handler(void);
extern unsigned data_start, data_end, data_load, bss_start, bss_end, stack_top;
int main(void);
void reset(void);

void unexpected(void) { for (;;) { } }
void systick(void) __attribute__((weak, alias("unexpected")));
void uart(void) __attribute__((weak, alias("unexpected")));

__attribute__((section(".vectors"), used)) handler *const vectors[] = {
    (handler *)&stack_top, reset, unexpected, unexpected, 0, systick, uart,
};

__attribute__((noreturn)) void reset(void)
{
    unsigned *from = &data_load;
    for (unsigned *to = &data_start; to < &data_end;)
        *to++ = *from++;
    for (unsigned *to = &bss_start; to < &bss_end;)
        *to++ = 0;
    main();
    for (;;) { }
}
