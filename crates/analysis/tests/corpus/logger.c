/* A logger on top of a C library: formatted floats, sorting, parsing, allocation. Most of what it weighs is the library. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char name[16];
    double value;
    struct entry *next;
};

static struct entry *newest;
static const double limits[] = { 0.5, 2.25, 1e6, -273.15 };
static const char *const levels[] = { "debug", "info", "warning", "error" };

static int by_value(const void *a, const void *b)
{
    double x = (*(struct entry *const *)a)->value, y = (*(struct entry *const *)b)->value;
    return x < y ? -1 : x > y;
}

static const char *level(double value)
{
    unsigned i = 0;
    while (i < 3 && fabs(value) > limits[i])
        i++;
    return levels[i];
}

int add(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    struct entry *entry = malloc(sizeof *entry);
    if (!entry || end == text)
        return -1;
    while (*end == ' ')
        end++;
    strncpy(entry->name, end, sizeof entry->name - 1);
    entry->name[sizeof entry->name - 1] = 0;
    entry->value = sqrt(value * value + 1.0) + sin(value);
    entry->next = newest;
    newest = entry;
    return 0;
}

int show(char *to, size_t size)
{
    struct entry *sorted[16];
    size_t count = 0, used = 0;
    for (struct entry *e = newest; e && count < 16; e = e->next)
        sorted[count++] = e;
    qsort(sorted, count, sizeof *sorted, by_value);
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(to + used, size - used, "%-8s %-16s %12.4f\n", level(sorted[i]->value), sorted[i]->name, sorted[i]->value);
    return (int)used;
}

char text[512];

int main(void)
{
    add("1.5 voltage");
    add("-4e3 current");
    add("a bad line");
    printf("%d bytes of log:\n%s", show(text, sizeof text), text);
    return 0;
}
