-- One event of KEYS[1] was none. ARGV: the time between two events.
local due = tonumber(redis.call('GET', KEYS[1]))
if due then
	redis.call('SET', KEYS[1], string.format('%.0f', due - ARGV[1]), 'KEEPTTL')
end
return 0
